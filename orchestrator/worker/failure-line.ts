// What the worker says about a task that failed: one line, with the command that shows the rest.

import type { ClaimedAttempt } from '../store/attempts.ts'
import type { AttemptEnd } from './attempt-end.ts'

type About = Pick<
  ClaimedAttempt,
  'dagId' | 'runId' | 'taskId' | 'mapIndex' | 'tryNumber' | 'maxTries'
>

const LONGEST_ERROR = 200

/** Null for an attempt that has not failed. */
export function failureLine(
  { dagId, runId, taskId, mapIndex, tryNumber, maxTries }: About,
  { outcome, error, delayMs }: Pick<AttemptEnd, 'outcome' | 'error' | 'delayMs'>,
): string | null {
  if (outcome !== 'failed' && outcome !== 'up_for_retry') return null
  const isMapped = mapIndex >= 0
  const next = outcome === 'failed' ? '' : `, again in ${Math.ceil((delayMs ?? 0) / 1_000)} s`
  // maxTries is the last try that may be followed by another. A try that was lost with its worker has
  // a number and costs no retry, so there may be more.
  const allTries = Math.max(maxTries + 1, outcome === 'failed' ? tryNumber : tryNumber + 1)
  const reason = error?.split('\n', 1)[0]?.trim().slice(0, LONGEST_ERROR) || 'no message'
  return (
    `${dagId}.${taskId}${isMapped ? `[${mapIndex}]` : ''} failed in run ${runId} ` +
    `(try ${tryNumber} of ${allTries}${next}): ${reason} · npx terrace tasks logs ` +
    `${dagId} ${taskId} ${runId} --try ${tryNumber}${isMapped ? ` --map-index ${mapIndex}` : ''}`
  )
}
