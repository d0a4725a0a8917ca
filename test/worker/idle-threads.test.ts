import { expect, it } from 'vitest'
import { RunnerPool } from '../../orchestrator/worker/runner-pool.ts'
import { until } from '../support/until.ts'

it('ends the threads that a burst has left idle, all but one', { timeout: 60_000 }, async () => {
  const pool = new RunnerPool({ size: 3, memoryLimitMb: 64, idleMs: 50, env: process.env })
  const leased = await Promise.all(['a', 'b', 'c'].map((dagId) => pool.leaseThread(dagId)))
  expect(pool.threadCount).toBe(3)
  for (const { giveBack } of leased) giveBack()
  await until('one thread', async () => pool.threadCount === 1)
  await Promise.race(leased.map(({ runner }) => runner.ended))
  const again = await pool.leaseThread('a')
  expect(again.runner.isAlive).toBe(true)
  expect(leased.map(({ runner }) => runner)).toContain(again.runner)
  await pool.close()
})
