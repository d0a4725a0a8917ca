// The promises of the control plane's SQL, and a test of the test: each mechanism is taken away, one
// at a time, in the test's own database, and the scenario that relies on it must notice.

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'
import { PROMISES } from './promises.ts'

const DAG = 'promise'

let plane: ControlPlane
beforeEach(async () => {
  plane = await freshControlPlane()
  await register(plane.pool, serializedDag(DAG, [serializedTask('only')], []))
})
afterEach(() => plane?.close())

describe('The SQL keeps its promise of', () => {
  test.each(Object.entries(PROMISES))('the %s', async (_, promise) => {
    expect(await promise(plane.pool, DAG)).toEqual([])
  })
})

interface Removal {
  mechanism: keyof typeof PROMISES
  file: string
  what: string
  without: string
}

const REMOVALS: Removal[] = [
  {
    mechanism: 'outbox',
    file: 'admit_tasks.sql',
    what: `insert into terrace.outbox (task_instance_id, try_number, queue_sequence, queue, priority_weight)
    select q.id, q.try_number, q.queue_sequence, q.queue, q.priority_weight
    from queued q order by q.priority_weight desc, q.id
    returning *;`,
    without: `select q.id, q.try_number, q.queue_sequence, q.queue, q.priority_weight, clock_timestamp()
    from queued q;`,
  },
  {
    mechanism: 'fence',
    file: 'finish_attempts.sql',
    what: ` and t.fence = i.fence\n`,
    without: '\n',
  },
  {
    mechanism: 'fence of a success',
    file: 'finish_success.sql',
    what: ` and t.fence = p_fence and t.state = 'running'`,
    without: ` and t.state = 'running'`,
  },
  {
    mechanism: 'compareAndSet',
    file: 'claim_attempts.sql',
    what: `t.state = 'queued'`,
    without: `t.state in ('queued', 'running')`,
  },
]

describe('The suite notices when the SQL has no', () => {
  test.each(REMOVALS)('$mechanism', async ({ mechanism, file, what, without }) => {
    const path = new URL(`../../sql/orchestrator/functions/${file}`, import.meta.url)
    const text = readFileSync(path, 'utf8')
    expect(text, `${file} is written differently now: bring this test up to it`).toContain(what)
    await plane.pool.query(text.replaceAll(what, without))
    expect(await PROMISES[mechanism](plane.pool, DAG)).not.toEqual([])
  })
})
