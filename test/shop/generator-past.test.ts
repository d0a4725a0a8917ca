// The past of a new shop in the background: everything once, whatever ends an attempt, and never in the way
// of the minutes.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DEFAULT_SHOP, generateInterval } from '../../generators/index.ts'
import { volumeAt } from '../../generators/visitors.ts'
import { SkipTask } from '../../orchestrator/sdk/index.ts'
import { producePast } from '../../tasks/generate/index.ts'
import { sendPast } from '../../tasks/generate/produce-past.ts'
import { until } from '../support/until.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPIC = 'user_events'
const END = new Date('2026-01-02T12:00:00Z')
const INTERVAL = { dataIntervalStart: END, dataIntervalEnd: new Date(END.getTime() + 60_000) }
/** Six hours, and 22 minutes before them. */
const DAYS = 0.2653
const ARGS = { topic: TOPIC, messagesPerPiece: 500 }

let shop: TestWarehouse
let second: number
const now = () => new Date(Date.UTC(2026, 0, 2, 12, 0, second))

beforeEach(async () => {
  shop = await openTestWarehouse()
  second = 10
  vi.stubEnv('SHOP_HISTORY_DAYS', String(DAYS))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await shop.close()
})

async function sent(): Promise<string[]> {
  const { rows } = await shop.pool.query<{ value: Buffer | null }>(
    'select value from event_log.message',
  )
  return rows.map(({ value }) => String(value)).sort()
}

function generated(days: number, untilDays = 0): string[] {
  const [from, end] = [days, untilDays].map(
    (ago) => new Date(Math.round((END.getTime() - ago * 86_400_000) / 60_000) * 60_000),
  )
  const past = { ...DEFAULT_SHOP, grownAt: END.getTime() }
  return [...generateInterval(past, from!, end!)]
    .flat()
    .map(({ value }) => String(value))
    .sort()
}

/** Takes what was sent to the marts, as far as the task can tell. */
async function takeIn(): Promise<void> {
  await landTopic()
  await loadVault()
  await shop.pool.query(`update dds.load set finished_at = now() - interval '1 hour'`)
}

/** Resolves with the pieces that were sent while all was taken to the marts at once. */
async function whileTakenIn(work: Promise<unknown>): Promise<void> {
  let isOver = false
  const ended = work.finally(() => {
    isOver = true
  })
  ended.catch(() => {})
  while (!isOver) {
    await takeIn()
    await Promise.race([ended.catch(() => {}), sleep(50)])
  }
  await ended
}

it('is, with the first hours, the whole past without a seam', async () => {
  const context = nextContext({ ...INTERVAL, runId: 'a run' })
  await whileTakenIn(sendPast({ ...ARGS, messagesPerPiece: 2_000 }, context, now))
  expect(await sent()).toEqual(generated(DAYS, 0.25))
  expect([...generated(DAYS, 0.25), ...generated(0.25)].sort()).toEqual(generated(DAYS))
})

it('goes on where an attempt ended, and is sent once', async () => {
  const runId = 'a run'
  const ending = new AbortController()
  const first = nextContext({ ...INTERVAL, runId, signal: ending.signal })
  const attempt = sendPast(ARGS, first, now)
  await until('two pieces are sent', async () => {
    await takeIn()
    const { rows } = await shop.pool.query<{ count_sent: string }>(
      'select count_sent from warehouse.past_sent',
    )
    return Number(rows[0]?.count_sent) >= 1_000
  })
  ending.abort(new Error('the worker drains'))
  await expect(attempt).rejects.toThrow(/aborted|drains/)
  const before = await sent()
  expect(before.length).toBeLessThan(generated(DAYS, 0.25).length)

  await whileTakenIn(sendPast(ARGS, nextContext({ ...INTERVAL, runId }), now))
  expect(await sent()).toEqual(generated(DAYS, 0.25))
  await sendPast(ARGS, nextContext({ ...INTERVAL, runId }), now)
  expect(await sent()).toEqual(generated(DAYS, 0.25))
})

it('waits while something is on its way to the marts, and around the full minute', async () => {
  const context = nextContext({ ...INTERVAL, runId: 'a run' })
  second = 50
  const ending = new AbortController()
  const work = sendPast(ARGS, { ...context, signal: ending.signal }, () => {
    looks += 1
    return now()
  })
  let looks = 0
  work.catch(() => {})
  await until('it has looked at the clock twice', async () => looks > 2)
  expect(await sent()).toEqual([])
  second = 10
  await until('the first piece is sent', async () => (await sent()).length > 0)
  const piece = (await sent()).length
  const seen = looks
  await until('it has looked twice more', async () => looks > seen + 2)
  expect((await sent()).length).toBe(piece)
  ending.abort(new Error('enough'))
  await expect(work).rejects.toThrow(/aborted|enough/)
})

it('is skipped where the first hours are all that is asked for', async () => {
  vi.stubEnv('SHOP_HISTORY_DAYS', '0.25')
  const context = nextContext({ ...INTERVAL, runId: 'a run' })
  await expect(producePast(ARGS, context)).rejects.toThrow(SkipTask)
  expect(await sent()).toEqual([])
})

it('is that of a shop that has grown, the last day of it at full size', () => {
  const past = { ...DEFAULT_SHOP, grownAt: END.getTime() }
  const hour = (daysAgo: number) => {
    const start = new Date(END.getTime() - daysAgo * 86_400_000)
    return [...generateInterval(past, start, new Date(start.getTime() + 3_600_000))].flat()
  }
  expect(volumeAt(past, END.getTime() - 86_400_000)).toBe(DEFAULT_SHOP.eventsPerMinute)
  expect(hour(7).length).toBeLessThan(hour(1).length / 3)
  expect(hour(13).length).toBeLessThan(hour(7).length / 3)
})
