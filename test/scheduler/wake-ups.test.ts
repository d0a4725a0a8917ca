import { expect, onTestFinished, test } from 'vitest'
import { HeldPause } from '../../orchestrator/scheduler/held-pause.ts'
import { listenForWakeUps } from '../../orchestrator/scheduler/wake-ups.ts'
import { freshControlPlane } from '../support/control-plane.ts'
import { until } from '../support/until.ts'

test('the pause doubles up to two seconds while a run is held, and is short again afterwards', () => {
  const pause = new HeldPause()
  let now = 0
  const next = () => {
    const ms = pause.next(now)
    // The look at the end of the pause takes some time too.
    now += ms + 10
    return ms
  }
  expect(Array.from({ length: 9 }, next)).toEqual([25, 50, 100, 200, 400, 800, 1600, 2000, 2000])
  now += 1_000
  expect([next(), next()]).toEqual([25, 50])
  pause.reset()
  expect(next()).toBe(25)
})

test('a run that stays held wakes the scheduler less and less often', async () => {
  const plane = await freshControlPlane()
  onTestFinished(() => plane.close())
  const tell = () => plane.pool.query(`select pg_notify('terrace_scheduler', 'run_held')`)
  const wokenAt: number[] = []
  const listening = await listenForWakeUps(
    plane.database.url,
    {
      onWake: () => {
        wokenAt.push(performance.now())
        void tell()
      },
      onLoss: () => {},
    },
    () => {},
    // Each notice follows the one before at once, however busy the machine is.
    () => 0,
  )
  await until('five looks', async () => wokenAt.length >= 6)
  await listening.close()
  // A timer may come a millisecond early, and never earlier.
  expect(wokenAt[5]! - wokenAt[4]!).toBeGreaterThan(390)
})
