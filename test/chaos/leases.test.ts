// A worker that is stopped past its lease, and one that is asked to go: whose task it is, who may
// still write, and who takes it.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { RoleUnderTest } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { openStage, PATIENCE, type Stage } from './stage.ts'

const LIMIT = 240_000

let stage: Stage
let scheduler: RoleUnderTest
beforeAll(async () => {
  stage = await openStage({})
  scheduler = await stage.start('scheduler')
}, LIMIT)
afterEach(() => stage.killAllBut(scheduler))
afterAll(() => stage?.close(), LIMIT)

/** A folder through which the test speaks with the attempts of one `hold` task. */
function holding() {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-test-hold-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const seen = (name: string) =>
    until(`there is ${name}`, async () => existsSync(join(folder, name)), PATIENCE)
  return { folder, seen, go: (fence: number) => writeFileSync(join(folder, `go-${fence}`), '') }
}

describe('a worker that is stopped past its lease', () => {
  test(
    'writes nothing when it wakes up: another has its task',
    async () => {
      const hold = holding()
      const sleeper = await stage.start('worker')
      const run = await stage.trigger('hold', { folder: hold.folder })
      await hold.seen('holds-1')
      sleeper.signal('SIGSTOP')
      await stage.start('worker')
      await hold.seen('holds-2')
      // The sleeper's body goes on in the moment in which it wakes, and before its worker has seen
      // that the lease is gone.
      hold.go(1)
      sleeper.signal('SIGCONT')
      hold.go(2)
      expect(await stage.ended(run)).toBe('success')
      await until(
        'the sleeper has noticed',
        async () => sleeper.output().includes('lapsed') && sleeper.output().includes('Registered'),
        PATIENCE,
      )
      expect((await stage.attempts(run)).map(({ outcome }) => outcome)).toEqual(['lost', 'success'])
      expect(await stage.violations()).toEqual([])
    },
    LIMIT,
  )

  test(
    'is refused by the sink when the newer attempt has written already',
    async () => {
      const hold = holding()
      const sleeper = await stage.start('worker')
      const run = await stage.trigger('hold', { folder: hold.folder })
      await hold.seen('holds-1')
      sleeper.signal('SIGSTOP')
      await stage.start('worker')
      await hold.seen('holds-2')
      hold.go(2)
      expect(await stage.ended(run)).toBe('success')
      hold.go(1)
      sleeper.signal('SIGCONT')
      await hold.seen('refused-1')
      expect(await stage.violations()).toEqual([])
      const { rows } = await stage.pool.query(
        `select l.fence from chaos.ledger l
         join terrace.task_instance t on t.id = l.task_instance_id where t.dag_run_id = $1`,
        [run],
      )
      expect(rows).toEqual([{ fence: 2 }])
    },
    LIMIT,
  )
})

describe('SIGTERM to a worker', () => {
  test(
    'ends its claims at once, and the process when its task has ended',
    async () => {
      const hold = holding()
      const leaving = await stage.start('worker')
      const run = await stage.trigger('hold', { folder: hold.folder })
      await hold.seen('holds-1')
      leaving.signal('SIGTERM')
      await until(
        'the drain is announced',
        async () => {
          const { rowCount } = await stage.pool.query(
            `select from terrace.process where pid = $1 and state = 'draining'`,
            [leaving.pid],
          )
          return rowCount === 1
        },
        PATIENCE,
      )
      const later = await stage.trigger('chain')
      await until(
        'the later run is on the queue',
        async () => {
          const { rowCount } = await stage.pool.query(
            `select from terrace.task_instance t
             where t.dag_run_id = $1 and t.state = 'queued'
               and not exists (select from terrace.outbox o where o.task_instance_id = t.id)`,
            [later],
          )
          return rowCount === 1
        },
        PATIENCE,
      )
      hold.go(1)
      expect(await leaving.ended).toEqual({ code: 0, signal: null })
      expect((await stage.attempts(run)).map(({ outcome }) => outcome)).toEqual(['success'])
      expect(await stage.attempts(later)).toEqual([])
      const heir = await stage.start('worker')
      expect(await stage.ended(later)).toBe('success')
      const { rows } = await stage.pool.query(
        `select distinct p.pid from terrace.task_attempt a
         join terrace.task_instance t on t.id = a.task_instance_id
         join terrace.process p on p.id = a.process_id where t.dag_run_id = $1`,
        [later],
      )
      expect(rows).toEqual([{ pid: heir.pid }])
      expect(await stage.violations()).toEqual([])
    },
    LIMIT,
  )
})
