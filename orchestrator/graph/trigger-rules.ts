// The decision at the heart of the orchestrator: given a task's trigger rule and how its upstreams
// ended, what happens to it? Pure, and written as data, because it has two readers: `decide` below,
// and `triggerRuleSql`, which turns the same table into the SQL function that a finish calls inside
// its transaction (one round trip instead of three). A test holds the two equal on every count.
//
// Semantics are Airflow's (TriggerRuleDep, 3.x), including the eager ends: one failed upstream ends
// an `all_success` task at once, without waiting for the others.

/** How many upstreams of a task ended in which state; `total` counts all, ended or not. */
export interface UpstreamCounts {
  total: number
  success: number
  failed: number
  skipped: number
  upstreamFailed: number
  removed: number
}

/** What follows for a task that has not started: it waits, may run, or ends without running. */
export type Decision = 'wait' | 'run' | 'skipped' | 'upstream_failed'

type Ended = Exclude<keyof UpstreamCounts, 'total'>

/** A comparison on the sum of some counts: none of them, at least one, or every upstream. */
interface Condition {
  counts: readonly Ended[]
  holds: 'none' | 'some' | 'all'
}

interface Clause {
  when: readonly Condition[]
  decision: Decision
}

const none = (...counts: Ended[]): Condition => ({ counts, holds: 'none' })
const some = (...counts: Ended[]): Condition => ({ counts, holds: 'some' })
const all = (...counts: Ended[]): Condition => ({ counts, holds: 'all' })
const DONE: readonly Ended[] = ['success', 'failed', 'skipped', 'upstreamFailed', 'removed']
const clause = (decision: Decision, ...when: Condition[]): Clause => ({ when, decision })

/** The first clause that holds decides; when none does, the task waits. */
const CLAUSES = {
  all_success: [
    clause('upstream_failed', some('failed', 'upstreamFailed')),
    clause('skipped', some('skipped')),
    clause('run', all('success', 'removed')),
  ],
  all_failed: [
    clause('skipped', some('success', 'skipped')),
    clause('run', all('failed', 'upstreamFailed', 'removed')),
  ],
  all_done: [clause('run', all(...DONE))],
  // A skipped upstream is none that is done, for this rule: it skips the task at once.
  all_done_min_one_success: [
    clause('skipped', some('skipped')),
    clause('run', all(...DONE), some('success')),
    clause('upstream_failed', all(...DONE)),
  ],
  all_skipped: [
    clause('skipped', some('success', 'failed', 'upstreamFailed')),
    clause('run', all('skipped', 'removed')),
  ],
  one_success: [
    clause('run', some('success')),
    clause('skipped', all('skipped')),
    clause('upstream_failed', all(...DONE)),
  ],
  one_failed: [clause('run', some('failed', 'upstreamFailed')), clause('skipped', all(...DONE))],
  one_done: [clause('run', some('success', 'failed')), clause('skipped', all(...DONE))],
  none_failed: [
    clause('upstream_failed', some('failed', 'upstreamFailed')),
    clause('run', all('success', 'skipped', 'removed')),
  ],
  none_failed_min_one_success: [
    clause('upstream_failed', some('failed', 'upstreamFailed')),
    clause('skipped', all('skipped')),
    clause('run', all('success', 'skipped', 'removed')),
  ],
  none_skipped: [
    clause('skipped', some('skipped')),
    clause('run', all('success', 'failed', 'upstreamFailed', 'removed')),
  ],
  always: [clause('run', none())],
} as const satisfies Record<string, readonly Clause[]>

export type TriggerRule = keyof typeof CLAUSES

export const TRIGGER_RULES = Object.keys(CLAUSES) as TriggerRule[]

/** Decides for a task that has not started. A task without upstreams may always run. */
export function decide(rule: TriggerRule, counts: UpstreamCounts): Decision {
  if (counts.total === 0) return 'run'
  const clauses: readonly Clause[] = CLAUSES[rule]
  return clauses.find(({ when }) => when.every((c) => holds(c, counts)))?.decision ?? 'wait'
}

function holds(condition: Condition, counts: UpstreamCounts): boolean {
  const sum = condition.counts.reduce((total, name) => total + counts[name], 0)
  if (condition.holds === 'none') return sum === 0
  if (condition.holds === 'some') return sum > 0
  return sum === counts.total
}

/**
 * The same table as a SQL function: `terrace.decide(rule, total, success, failed, …) → text`. In
 * plpgsql, which sets up only the branch it takes: as one SQL expression the whole table is inlined
 * into its caller and set up anew on every call, which cost more than the rest of a finish.
 */
export function triggerRuleSql(): string {
  const rules = TRIGGER_RULES.map((rule) => {
    const clauses: readonly Clause[] = CLAUSES[rule]
    const cases = clauses.map(
      ({ when, decision }) =>
        `    if ${when.map(conditionSql).join(' and ')} then return '${decision}'; end if;`,
    )
    return `  when '${rule}' then\n${cases.join('\n')}`
  })
  return `create or replace function terrace.decide(
  rule text, total int, success int, failed int, skipped int, upstream_failed int, removed int
) returns text language plpgsql immutable parallel safe as $$
begin
  if total = 0 then return 'run'; end if;
  case rule
${rules.join('\n')}
  end case;
  return 'wait';
end $$;`
}

const COLUMN: Record<Ended, string> = {
  success: 'success',
  failed: 'failed',
  skipped: 'skipped',
  upstreamFailed: 'upstream_failed',
  removed: 'removed',
}

function conditionSql({ counts, holds }: Condition): string {
  const sum = counts.length === 0 ? '0' : counts.map((name) => COLUMN[name]).join(' + ')
  if (holds === 'none') return `${sum} = 0`
  if (holds === 'some') return `${sum} > 0`
  return `${sum} = total`
}
