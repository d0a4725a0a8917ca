import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type CallLimits,
  claimCall,
  type GrantedClaim,
  noteAnswer,
  noteFailure,
} from '../../connections/outer-api/call-ledger.ts'
import { openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const API = 'testapi'
const UNLIMITED: CallLimits = { callsPerMonth: null, callsPerMinute: null }
const FAILURE = { problem: 'it is broken', isOfApi: true, pauseSeconds: null }
/** A call that met no pause. */
const FIRST: GrantedClaim = { isGranted: true, waitMs: 0, pausedUntil: null }

let shop: TestWarehouse

beforeAll(async () => {
  shop = await openTestWarehouse()
})
beforeEach(() => shop.pool.query('truncate raw.api_state, raw.api_month'))
afterAll(() => shop.close())

const claim = (limits = UNLIMITED, maxWaitMs = 0) => claimCall(shop.pool, API, limits, maxWaitMs)
const fail = (failure = {}, of = FIRST) =>
  noteFailure(shop.pool, API, of, { ...FAILURE, ...failure })
const answer = (of: GrantedClaim) => noteAnswer(shop.pool, API, of)

async function granted(): Promise<GrantedClaim> {
  const claimed = await claim()
  if (!claimed.isGranted) throw new Error(claimed.reason)
  return claimed
}

async function state() {
  const { rows } = await shop.pool.query(
    `select failures_in_a_row, last_problem,
       round(extract(epoch from paused_until - clock_timestamp()))::int as paused_for
     from raw.api_state where api = $1`,
    [API],
  )
  return rows[0]
}

/** Time passes. */
const passed = () =>
  shop.pool.query(`update raw.api_state set paused_until = clock_timestamp() - interval '1 s'`)

describe('The quota of a month', () => {
  it('is never exceeded, by however many at once', async () => {
    const limits = { ...UNLIMITED, callsPerMonth: 7 }
    const claims = await Promise.all(Array.from({ length: 30 }, () => claim(limits)))
    expect(claims.filter(({ isGranted }) => isGranted)).toHaveLength(7)
    expect(claims.find(({ isGranted }) => !isGranted)).toMatchObject({
      reason: 'its 7 calls of this month are used up',
    })
    const { rows } = await shop.pool.query('select api, count_calls from raw.api_month')
    expect(rows).toEqual([{ api: API, count_calls: 7 }])
  })

  it('may be none at all, or grow with the plan, and begins anew with the month', async () => {
    expect(await claim({ ...UNLIMITED, callsPerMonth: 0 })).toMatchObject({ isGranted: false })
    expect(await claim({ ...UNLIMITED, callsPerMonth: 1 })).toMatchObject({ isGranted: true })
    expect(await claim({ ...UNLIMITED, callsPerMonth: 1 })).toMatchObject({ isGranted: false })
    expect(await claim({ ...UNLIMITED, callsPerMonth: 2 })).toMatchObject({ isGranted: true })
    await shop.pool.query(`update raw.api_month set month = month - interval '1 month'`)
    expect(await claim({ ...UNLIMITED, callsPerMonth: 1 })).toMatchObject({ isGranted: true })
  })
})

describe('The pace of a minute', () => {
  it('is one slot after another, each taken once, and refused where the wait is too long', async () => {
    const limits = { ...UNLIMITED, callsPerMinute: 60 }
    const claims = await Promise.all([1, 2, 3].map(() => claim(limits, 10_000)))
    const waits = claims.map((granted) => (granted.isGranted ? granted.waitMs : -1))
    waits.sort((a, b) => a - b)
    expect(waits[0]).toBe(0)
    expect(waits[1]).toBeGreaterThan(500)
    expect(waits[2]! - waits[1]!).toBeGreaterThan(500)
    expect(waits[2]).toBeLessThanOrEqual(2_000)
    expect(await claim(limits, 1_000)).toMatchObject({ isGranted: false })
    const { rows } = await shop.pool.query('select count_calls from raw.api_month')
    expect(rows).toEqual([{ count_calls: 3 }])
  })
})

describe('The breaker', () => {
  it('leaves the API alone after three failures in a row, longer each time', async () => {
    await claim()
    await fail()
    await fail()
    expect(await claim()).toMatchObject({ isGranted: true })
    await fail()
    expect(await state()).toEqual({
      failures_in_a_row: 3,
      last_problem: 'it is broken',
      paused_for: 60,
    })
    expect(await claim()).toMatchObject({ isGranted: false })
    await fail()
    expect((await state()).paused_for).toBe(120)
    for (let n = 0; n < 20; n++) await fail()
    expect((await state()).paused_for).toBe(1800)
  })

  it('lets one call try when its time is over, and others when that has answered', async () => {
    await claim()
    for (let n = 0; n < 3; n++) await fail()
    await passed()
    const claims = await Promise.all([1, 2, 3, 4].map(() => claim()))
    const [trial, ...more] = claims.filter((claimed) => claimed.isGranted)
    expect(more).toEqual([])
    await answer(trial!)
    expect(await claim()).toMatchObject({ isGranted: true })
    expect(await state()).toMatchObject({ failures_in_a_row: 0, paused_for: null })
  })

  it('pauses at once, for as long as the API asks', async () => {
    await claim()
    await fail({ pauseSeconds: 34 })
    expect((await state()).paused_for).toBe(34)
    expect(await claim()).toMatchObject({
      isGranted: false,
      reason: expect.stringMatching(/^it is left alone until \d{4}-\d\d-\d\d .* UTC$/),
    })
  })

  it('keeps the pause that was set while a call was under way, however that call ends', async () => {
    const slow = await granted()
    await fail({ pauseSeconds: 600 }, await granted())
    await answer(slow)
    expect(await state()).toMatchObject({ failures_in_a_row: 1, paused_for: 600 })
    await fail({}, slow)
    await fail({ isOfApi: false }, slow)
    await fail({ pauseSeconds: 34 }, slow)
    expect((await state()).paused_for).toBeGreaterThan(590)
    expect(await claim()).toMatchObject({ isGranted: false })
  })

  it('leaves the trial to the call that tries', async () => {
    const slow = await granted()
    for (let n = 0; n < 3; n++) await fail()
    await passed()
    const trial = await granted()
    await answer(slow)
    expect(await claim()).toMatchObject({ isGranted: false })
    await fail({ pauseSeconds: 34 }, trial)
    expect((await state()).paused_for).toBe(34)
  })

  it('does not mind questions that are refused', async () => {
    await claim()
    for (let n = 0; n < 5; n++) await fail({ isOfApi: false })
    expect(await state()).toMatchObject({ failures_in_a_row: 0, paused_for: null })
  })
})
