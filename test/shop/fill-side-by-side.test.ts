// Spans that are loaded side by side: two at a time where the pool has a connection to spare.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openPostgres, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { fillSideBySide } from '../../tasks/marts/fill-side-by-side.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const NEVER = new AbortController().signal

let database: FreshDatabase
let warehouse: Pool
let claimed: PoolClient
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  warehouse = openPostgres(database.url, { max: 2 })
  claimed = await warehouse.connect()
})
afterEach(async () => {
  claimed.release()
  await warehouse.end()
})

it('each is filled once, two at the same time on connections of their own', async () => {
  const filled: number[] = []
  const connections = new Set<PoolClient>()
  let meet!: () => void
  const both = new Promise<void>((resolve) => {
    meet = resolve
  })
  await fillSideBySide({ warehouse, claimed }, [1, 2, 3, 4, 5], NEVER, async (db, span) => {
    connections.add(db)
    if (connections.size === 2) meet()
    await both
    await db.query('select 1')
    filled.push(span)
  })
  expect(filled.sort()).toEqual([1, 2, 3, 4, 5])
  expect(connections.size).toBe(2)
  expect(warehouse.idleCount).toBe(1)
})

it('one after another on the first connection when none is to spare', async () => {
  const other = await warehouse.connect()
  const filled: number[] = []
  await fillSideBySide({ warehouse, claimed }, [1, 2, 3], NEVER, async (db, span) => {
    expect(db).toBe(claimed)
    await db.query('select 1')
    filled.push(span)
  })
  expect(filled).toEqual([1, 2, 3])
  other.release()
})

it('the failure of one stops the other, and is what is told', async () => {
  const filled: number[] = []
  const work = fillSideBySide(
    { warehouse, claimed },
    [1, 2, 3, 4],
    NEVER,
    async (db, span, signal) => {
      if (span === 2) throw new Error('span 2 fails')
      await db.query('select 1')
      if (!signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      }
      signal.throwIfAborted()
      filled.push(span)
    },
  )
  await expect(work).rejects.toThrow('span 2 fails')
  expect(filled).toEqual([])
  expect(warehouse.waitingCount).toBe(0)
})
