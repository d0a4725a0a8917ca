// What follows from how a handler ended: pure, so that every case is a unit test.

import { afterFailure, type FailureKind } from '../graph/retry.ts'
import type { SerializedTask } from '../graph/serialized-dag.ts'
import { transitiveDownstream } from '../graph/topology.ts'
import type { ClaimedAttempt, FinishedAttempt } from '../store/attempts.ts'
import type { PinnedDag } from './dag-versions.ts'
import type { AbortReason, RunnerResult } from './runner-protocol.ts'

export interface EndedAttempt {
  claimed: ClaimedAttempt
  pinned: PinnedDag
  task: SerializedTask
  result: RunnerResult
  /** Why the worker told the attempt to stop, if it did: that decides, whatever the handler said. */
  aborted: { reason: AbortReason; message: string } | null
}

/** Everything of a FinishedAttempt that follows from the attempt itself. */
export type AttemptEnd = Pick<
  FinishedAttempt,
  'outcome' | 'output' | 'error' | 'failureCode' | 'delayMs' | 'skipTaskIds' | 'assetEvents'
>

const NOTHING: Omit<AttemptEnd, 'outcome'> = {
  output: null,
  error: null,
  delayMs: null,
  skipTaskIds: [],
  assetEvents: [],
}

/** Given back, to be run again: the attempt did not fail, its worker did. */
export function released(error: string | null = null): AttemptEnd {
  return { ...NOTHING, outcome: 'released', error }
}

export function endOfAttempt(ended: EndedAttempt, random: () => number): AttemptEnd {
  const { result, aborted } = ended
  if (aborted?.reason === 'drain') return released()
  if (aborted?.reason === 'timeout') return failure(ended, 'timeout', aborted.message, random)
  if (aborted) return { ...NOTHING, outcome: 'cancelled', error: aborted.message }
  switch (result.kind) {
    case 'returned':
      return success(ended, result.output, result.isFalsy)
    case 'skip':
      return { ...NOTHING, outcome: 'skipped', error: result.message }
    case 'retry_later':
      return failure(ended, 'retry_later', result.message, random, result.delayMs)
    case 'failed':
      return failure(ended, result.failure, result.message, random)
  }
}

function success(
  { pinned, task }: EndedAttempt,
  output: string | null,
  isFalsy: boolean,
): AttemptEnd {
  const closed = task.kind === 'short_circuit' && isFalsy
  return {
    ...NOTHING,
    outcome: 'success',
    output,
    skipTaskIds: closed ? [...transitiveDownstream(pinned.dag.edges, [task.taskId])] : [],
    assetEvents: task.outlets.map((asset) => ({ asset, extra: {} })),
  }
}

function failure(
  { claimed, task }: EndedAttempt,
  kind: FailureKind,
  error: string,
  random: () => number,
  requestedDelayMs?: number,
): AttemptEnd {
  const after = afterFailure({
    kind,
    failures: claimed.nFailures + 1,
    retries: task.retries,
    policy: task,
    random,
    ...(requestedDelayMs === undefined ? {} : { requestedDelayMs }),
  })
  const end = { ...NOTHING, error, failureCode: kind }
  if (after.state === 'failed') return { ...end, outcome: 'failed' }
  return { ...end, outcome: 'up_for_retry', delayMs: after.delayMs }
}
