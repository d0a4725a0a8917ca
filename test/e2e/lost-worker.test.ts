// A worker that one of its tasks kills, again and again: what it costs the others that ran on it.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readEngineFile } from '../../connections/engines/engine-file.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { type Installation, installation, type RoleUnderTest } from '../support/processes.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'
import { until } from '../support/until.ts'

const SDK = fileURLToPath(new URL('../../orchestrator/sdk/index.ts', import.meta.url))
const LIMIT = 180_000
const PATIENCE = { withinMs: 90_000 }

const CROWD = (folder: string) => `
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { defineDag } from ${JSON.stringify(SDK)}
const has = (name) => existsSync(${JSON.stringify(folder)} + '/' + name)
const note = (name) => writeFileSync(${JSON.stringify(folder)} + '/' + name, '')
const seen = async (name) => { while (!has(name)) await delay(20) }
export default defineDag({ id: 'crowd', schedule: null, maxActiveTasks: 8 }, (dag) => {
  for (const id of ['one', 'other']) {
    dag.task(id, async () => {
      note(id)
      await seen('killer-failed')
    })
  }
  const killer = dag.task('killer', async () => {
    await seen('one')
    await seen('other')
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => {})
  })
  dag.task('after_killer', () => note('killer-failed'), {}, { triggerRule: 'all_done' })
    .after(killer)
})
`

let place: Installation
let project: ProjectFolder
let standalone: RoleUnderTest
let pool: Pool

beforeAll(async () => {
  project = projectFolder()
  const notes = join(project.path, 'notes')
  mkdirSync(notes)
  project.write('dags/crowd.ts', CROWD(notes))
  place = await installation({
    TERRACE_DAGS_FOLDER: join(project.path, 'dags'),
    // Nothing here may wait for a lease.
    TERRACE_LEASE_SECONDS: '3600',
  })
  standalone = await place.start('standalone')
  pool = openPostgres(readEngineFile(place.home)!.addresses.databaseUrl, { max: 1 })
}, LIMIT)
afterAll(async () => {
  await pool?.end()
  await place?.close()
  project?.remove()
}, LIMIT)

test(
  'It costs them one attempt, without waiting for the lease, and the task that killed it fails',
  async () => {
    await until('the DAG is known', async () => {
      return (await place.run('dags', 'trigger', 'crowd', '-r', 'first')).code === 0
    })
    const state = await until(
      'the run has ended',
      async () => {
        const { rows } = await pool.query(
          `select state from terrace.dag_run where dag_id = 'crowd' and state in ('success', 'failed')`,
        )
        return rows[0]?.state
      },
      PATIENCE,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${standalone.output()}`)
    })
    const { rows } = await pool.query(
      `select t.task_id, t.state, array_agg(a.outcome::text order by a.fence) as outcomes,
         (array_agg(a.error order by a.fence))[1] as first_error, t.error
       from terrace.task_attempt a join terrace.task_instance t on t.id = a.task_instance_id
       where t.task_id in ('one', 'other', 'killer') group by t.id order by t.task_id`,
    )
    const lost = expect.stringContaining('was lost: its process ended (SIGKILL)')
    expect(rows).toEqual([
      {
        task_id: 'killer',
        state: 'failed',
        outcomes: ['lost', 'failed'],
        first_error: lost,
        error: expect.stringContaining('ended by SIGKILL'),
      },
      ...['one', 'other'].map((id) => ({
        task_id: id,
        state: 'success',
        outcomes: ['lost', 'success'],
        first_error: lost,
        error: null,
      })),
    ])
    expect(state).toBe('success')
  },
  LIMIT,
)
