import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWarehouse, type TestWarehouse } from '../shop/warehouse.ts'
import { type Terrace, terraceHere } from './terrace.ts'

const ROOT = resolve(import.meta.dirname, '../..')

let shop: TestWarehouse
let home: string
let terrace: Terrace

beforeAll(async () => {
  shop = await openTestWarehouse()
  home = mkdtempSync(join(tmpdir(), 'terrace-batches-'))
  terrace = terraceHere({ cwd: ROOT, env: { DATABASE_URL: shop.url, TERRACE_HOME: home } })
  await shop.pool.query(
    `with made as (
       insert into dds.mart_batch (marts_id, source, state, count_loads, load_ids_hash)
       values (gen_random_uuid(), 'terrace', 'frozen', 2, gen_random_uuid())
       returning batch_id, marts_id
     ),
     days as (
       insert into dds.mart_batch_day (batch_id, source, day)
       select batch_id, 'terrace', day::date
       from made cross join unnest('{2005-05-05,2026-01-01}'::date[]) as day
     ),
     failed as (
       insert into dds.mart_batch_failure (batch_id, run_id, task_id, is_own, problem)
       select batch_id, 'a run', 'transfer_fct_event', true, 'a row offends' from made
     )
     insert into dds.mart_batch_load (marts_id, source, load_id, batch_id)
     select marts_id, 'terrace', load_id, batch_id from made cross join generate_series(1, 2) as load_id`,
  )
})
afterAll(async () => {
  await shop.close()
  rmSync(home, { recursive: true, force: true })
})

test('list tells what is on its way, of which days, and what failed', async () => {
  const { code, stdout } = await terrace('batches', 'list')
  expect(code).toBe(0)
  expect(stdout).toMatch(/1 +\| terrace +\| frozen +\| 2 +\| 0 +\| 2005-05-05 +\| 2026-01-01 +\| 1/)
  expect(stdout).toContain('\nBatch 1: transfer_fct_event: a row offends\n')
})

test('a batch is set aside by hand and taken up again, each once', async () => {
  const asides = async () => {
    const { rows } = await shop.pool.query('select from dds.mart_load_aside')
    return rows.length
  }
  const { stdout } = await terrace('batches', 'set-aside', '1')
  expect(stdout).toContain('Take it up again with: terrace batches retry 1')
  expect(await asides()).toBe(2)
  const again = await terrace('batches', 'set-aside', '1')
  expect(again).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Batch 1 is set_aside: not on its way'),
  })
  expect((await terrace('batches', 'retry', '1')).stdout).toContain('the next run')
  const { rows } = await shop.pool.query('select retry_asked_at from dds.mart_batch')
  expect(rows[0].retry_asked_at).not.toBeNull()
})

test('a batch that there is not says which there are', async () => {
  const { code, stderr } = await terrace('batches', 'retry', '7')
  expect(code).toBe(1)
  expect(stderr).toContain('There is no batch 7. Batches that are set aside: 1.')
  expect((await terrace('batches', 'retry', 'seven')).code).toBe(2)
})
