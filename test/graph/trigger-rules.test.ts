import { Client } from 'pg'
import { expect, test } from 'vitest'
import {
  type Decision,
  decide,
  TRIGGER_RULES,
  type TriggerRule,
  triggerRuleSql,
  type UpstreamCounts,
} from '../../orchestrator/graph/trigger-rules.ts'
import { freshDatabase } from '../support/database.ts'

type Upstream = 'success' | 'failed' | 'skipped' | 'upstreamFailed' | 'removed' | 'unfinished'
const STATES: readonly Upstream[] = [
  'success',
  'failed',
  'skipped',
  'upstreamFailed',
  'removed',
  'unfinished',
]

/**
 * Airflow's rules, read out one by one over the list of upstreams: first what ends a task early
 * (`_evaluate_direct_relatives` with flag_upstream_failed), then what still keeps it waiting. A
 * removed upstream never stands in the way.
 */
function airflow(rule: TriggerRule, upstreams: readonly Upstream[]): Decision {
  if (upstreams.length === 0) return 'run'
  const has = (...states: Upstream[]) => upstreams.some((one) => states.includes(one))
  const only = (...states: Upstream[]) => upstreams.every((one) => states.includes(one))
  const isDone = !has('unfinished')
  switch (rule) {
    case 'all_success':
      if (has('failed', 'upstreamFailed')) return 'upstream_failed'
      if (has('skipped')) return 'skipped'
      return isDone ? 'run' : 'wait'
    case 'all_failed':
      if (has('success', 'skipped')) return 'skipped'
      return isDone ? 'run' : 'wait'
    case 'all_done':
      return isDone ? 'run' : 'wait'
    case 'all_done_min_one_success':
      if (has('skipped')) return 'skipped'
      if (!isDone) return 'wait'
      return has('success') ? 'run' : 'upstream_failed'
    case 'all_skipped':
      if (has('success', 'failed', 'upstreamFailed')) return 'skipped'
      return isDone ? 'run' : 'wait'
    case 'one_success':
      if (has('success')) return 'run'
      if (!isDone) return 'wait'
      return only('skipped') ? 'skipped' : 'upstream_failed'
    case 'one_failed':
      if (has('failed', 'upstreamFailed')) return 'run'
      return isDone ? 'skipped' : 'wait'
    case 'one_done':
      if (has('success', 'failed')) return 'run'
      return isDone ? 'skipped' : 'wait'
    case 'none_failed':
      if (has('failed', 'upstreamFailed')) return 'upstream_failed'
      return isDone ? 'run' : 'wait'
    case 'none_failed_min_one_success':
      if (has('failed', 'upstreamFailed')) return 'upstream_failed'
      if (only('skipped')) return 'skipped'
      return isDone ? 'run' : 'wait'
    case 'none_skipped':
      if (has('skipped')) return 'skipped'
      return isDone ? 'run' : 'wait'
    case 'always':
      return 'run'
  }
}

/** Every way in which up to `size` upstreams can stand, without regard to their order. */
function* upstreamsUpTo(size: number, from = 0, chosen: Upstream[] = []): Generator<Upstream[]> {
  yield chosen
  if (chosen.length === size) return
  for (let index = from; index < STATES.length; index++) {
    yield* upstreamsUpTo(size, index, [...chosen, STATES[index]!])
  }
}

function count(upstreams: readonly Upstream[]): UpstreamCounts {
  const of = (state: Upstream) => upstreams.filter((one) => one === state).length
  return {
    total: upstreams.length,
    success: of('success'),
    failed: of('failed'),
    skipped: of('skipped'),
    upstreamFailed: of('upstreamFailed'),
    removed: of('removed'),
  }
}

test.each(TRIGGER_RULES)(
  '%s decides as Airflow does, for every way six upstreams can stand',
  (rule) => {
    for (const upstreams of upstreamsUpTo(6)) {
      expect([upstreams, decide(rule, count(upstreams))]).toEqual([
        upstreams,
        airflow(rule, upstreams),
      ])
    }
  },
)

test('the SQL function decides as the table does, for every way four upstreams can stand', async () => {
  const cases = TRIGGER_RULES.flatMap((rule) =>
    [...upstreamsUpTo(4)].map((upstreams) => ({ rule, ...count(upstreams) })),
  )
  const database = await freshDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    await client.query('create schema if not exists terrace')
    await client.query(triggerRuleSql())
    const { rows } = await client.query<{ decision: string }>(
      `select terrace.decide(rule, total, success, failed, skipped, "upstreamFailed", removed) as decision
       from jsonb_to_recordset($1) as c (rule text, total int, success int, failed int,
         skipped int, "upstreamFailed" int, removed int)`,
      [JSON.stringify(cases)],
    )
    expect(cases.length).toBe(12 * 210)
    expect(rows.map(({ decision }) => decision)).toEqual(
      cases.map(({ rule, ...counts }) => decide(rule, counts)),
    )
  } finally {
    await client.end()
    await database.drop()
  }
})
