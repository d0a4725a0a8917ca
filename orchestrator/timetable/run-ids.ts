// Run ids say how a run came to be and when. Times end in Z: the `+00:00` of Airflow's would have
// to be escaped in every URL.

import type { RunType } from '../graph/states.ts'

const PREFIX: Record<RunType, string> = {
  scheduled: 'scheduled',
  manual: 'manual',
  backfill: 'backfill',
  asset_triggered: 'asset',
  asset_materialization: 'asset_materialization',
}

/**
 * `scheduled__2026-01-01T00:00:00Z`. A suffix keeps apart runs of one moment; scheduled and
 * backfill runs have none, so that the same interval has the same id whoever makes the run.
 */
export function runIdFor(type: RunType, runAfter: Date, suffix?: string): string {
  const time = runAfter.toISOString().replace('.000Z', 'Z')
  return `${PREFIX[type]}__${time}${suffix ? `_${suffix}` : ''}`
}

/** Why somebody's own run id cannot be used, or null. */
export function runIdProblem(runId: string): { problem: string; fix: string } | null {
  if (!/^[A-Za-z0-9_.~:+-]{1,250}$/.test(runId)) {
    return {
      problem: `The run id ${JSON.stringify(runId.slice(0, 250))} is not allowed`,
      fix: 'Use 1 to 250 letters, digits, "_", ".", "~", ":", "+" and "-"',
    }
  }
  if (['.', '..', '~'].includes(runId)) {
    return {
      problem: `The run id "${runId}" cannot be reached by a URL: ${runId === '~' ? 'it means any run there' : 'it is a step of a path there'}`,
      fix: 'Use another id, or none to get one that starts with "manual__"',
    }
  }
  const taken = ['scheduled__', 'backfill__'].find((prefix) => runId.startsWith(prefix))
  if (taken === undefined) return null
  return {
    problem: `The run id "${runId}" starts with "${taken}", which is kept for such runs`,
    fix: 'Use another id, or none to get one that starts with "manual__"',
  }
}
