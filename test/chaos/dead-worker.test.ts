// A worker that dies: its tasks do not wait for its lease, since the server sees that its connection is
// gone. A worker that is merely silent keeps them for as long as its lease runs.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { LEASE_SECONDS } from '../../orchestrator/store/processes.ts'
import type { RoleUnderTest } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { openStage, PATIENCE, type Stage } from './stage.ts'

const LIMIT = 240_000
const KILLS = process.env.TERRACE_LONG ? 60 : 1

let stage: Stage
let scheduler: RoleUnderTest
beforeAll(async () => {
  stage = await openStage({ leaseSeconds: LEASE_SECONDS })
  scheduler = await stage.start('scheduler')
}, LIMIT)
afterEach(() => stage.killAllBut(scheduler))
afterAll(() => stage?.close(), LIMIT)

describe('a worker that is killed with the lease of the default', () => {
  test(
    'leaves its task to another within ten seconds, as its process is gone',
    async () => {
      const seconds: number[] = []
      for (let kill = 0; kill < KILLS; kill += 1) {
        const folder = mkdtempSync(join(tmpdir(), 'terrace-test-dead-'))
        onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
        const doomed = await stage.start('worker')
        const run = await stage.trigger('hold', { folder })
        const holds = (fence: number) => existsSync(join(folder, `holds-${fence}`))
        await until('the task runs', async () => holds(1), PATIENCE)
        const heir = await stage.start('worker')
        doomed.signal('SIGKILL')
        const killedAt = performance.now()
        await until('another has the task', async () => holds(2), PATIENCE)
        seconds.push((performance.now() - killedAt) / 1_000)
        writeFileSync(join(folder, 'go-2'), '')
        expect(await stage.ended(run)).toBe('success')
        const { rows } = await stage.pool.query(
          `select a.error from terrace.task_attempt a
           join terrace.task_instance t on t.id = a.task_instance_id
           where t.dag_run_id = $1 and a.outcome = 'lost'`,
          [run],
        )
        expect(rows).toEqual([{ error: expect.stringContaining('its process is gone') }])
        await heir.stop()
      }
      expect(await stage.violations()).toEqual([])
      if (KILLS === 1) return
      const sorted = seconds.toSorted((a, b) => a - b)
      const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]!
      console.log(
        `${KILLS} kills: p50 ${at(0.5).toFixed(1)} s, p99 ${at(0.99).toFixed(1)} s, from kill -9 to the next attempt`,
      )
      expect(at(0.99)).toBeLessThan(10)
    },
    KILLS * 30_000 + LIMIT,
  )
})
