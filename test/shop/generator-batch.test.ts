import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_SHOP, generateInterval } from '../../generators/index.ts'
import { FailTask, SkipTask } from '../../orchestrator/sdk/index.ts'
import { readGeneratorConf } from '../../tasks/generate/generator-conf.ts'
import { produceBatch, produceHistory } from '../../tasks/generate/index.ts'
import { nextContext, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n))
const interval = { dataIntervalStart: minute(0), dataIntervalEnd: minute(2) }

let shop: TestWarehouse

async function sentValues(): Promise<string[]> {
  const { rows } = await shop.pool.query<{ value: Buffer | null }>(
    'select value from event_log.message order by value',
  )
  return rows.map(({ value }) => String(value)).sort()
}

function generatedValues(from: Date, until: Date, settings = {}): string[] {
  return [...generateInterval({ ...DEFAULT_SHOP, ...settings }, from, until)]
    .flat()
    .map(({ value }) => String(value))
    .sort()
}

describe('produce_batch', () => {
  beforeEach(async () => {
    shop = await openTestWarehouse()
  })
  afterEach(() => shop.close())

  it('sends the messages of the interval of its run', async () => {
    const { countSent } = await produceBatch({ topic: TOPIC }, nextContext(interval))
    expect(await sentValues()).toEqual(generatedValues(minute(0), minute(2)))
    expect(countSent).toBe((await sentValues()).length)
  })

  it('sends the days before the interval instead when conf asks for history', async () => {
    const conf = { days: 0.5, eventsPerMinute: 10, seed: 'history' }
    const context = nextContext({ ...interval, conf })
    const sent = await produceBatch({ topic: TOPIC }, context)
    expect(sent).toMatchObject({
      from: '2025-12-31T12:00:00.000Z',
      until: '2026-01-01T00:00:00.000Z',
    })
    const expected = generatedValues(minute(-720), minute(0), {
      eventsPerMinute: 10,
      seed: 'history',
    })
    expect(await sentValues()).toEqual(expected)
    const progress = context.logged.filter(({ message }) => message.includes('% done'))
    expect(progress[0]?.fields).toMatchObject({
      percent: expect.any(Number),
      perSecond: expect.any(Number),
    })
  })

  it('sends the same messages again when it runs again', async () => {
    const context = nextContext({ ...interval, conf: { days: 1 / 1_440 } })
    await produceBatch({ topic: TOPIC }, context)
    const once = await sentValues()
    await produceBatch({ topic: TOPIC }, context)
    expect(await sentValues()).toEqual([...once, ...once].sort())
  })

  it('stops between two appends when it is told to', async () => {
    const context = nextContext({ ...interval, conf: { days: 30 }, signal: AbortSignal.abort() })
    await expect(produceBatch({ topic: TOPIC }, context)).rejects.toThrow('aborted')
    expect(await sentValues()).toEqual([])
  })
})

describe('produce_history', () => {
  beforeEach(async () => {
    shop = await openTestWarehouse()
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await shop.close()
  })

  it('sends the days before the first minute that the environment names', async () => {
    vi.stubEnv('SHOP_HISTORY_DAYS', '0.01')
    await produceHistory({ topic: TOPIC }, nextContext(interval))
    const grownAt = minute(0).getTime()
    expect(await sentValues()).toEqual(generatedValues(minute(-14), minute(0), { grownAt }))
  })

  it('is skipped when the shop is to begin empty', async () => {
    vi.stubEnv('SHOP_HISTORY_DAYS', '0')
    const start = () => produceHistory({ topic: TOPIC }, nextContext(interval))
    expect(start).toThrow(SkipTask)
  })
})

describe('The conf of generate_events', () => {
  it('lays settings of the shop over its own', () => {
    expect(readGeneratorConf({})).toEqual({ days: null, shop: {} })
    expect(readGeneratorConf({ days: 90, eventsPerMinute: 20, lateShare: 0 })).toEqual({
      days: 90,
      shop: { eventsPerMinute: 20, lateShare: 0 },
    })
    for (const [key, value] of Object.entries(DEFAULT_SHOP)) {
      expect(readGeneratorConf({ [key]: value }).shop).toEqual({ [key]: value })
    }
  })

  it.each([
    [{ days: 'ninety' }, '"days" is "ninety", allowed is a number of days'],
    [{ days: 0 }, `Example: --conf '{"days":90}'`],
    [{ days: 1e9 }, '3660'],
    [{ dyas: 90 }, '"dyas" is unknown. Known are days, seed, eventsPerMinute'],
    [{ toString: 1 }, '"toString" is unknown'],
    [{ eventsPerMinute: 0 }, 'allowed is a number above 0'],
    [{ products: 1.5 }, 'a whole number from 1'],
    [{ brokenShare: 2 }, 'a number from 0 to 1'],
    [{ seed: '' }, 'a text of 1 to 200 characters'],
    [{ seed: null }, '"seed" is null'],
  ])('refuses %j and says what is allowed', (conf, message) => {
    expect(() => readGeneratorConf(conf)).toThrow(FailTask)
    expect(() => readGeneratorConf(conf)).toThrow(message)
  })
})
