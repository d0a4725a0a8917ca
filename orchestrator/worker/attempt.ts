// One attempt, from its claim to how it ended: arguments from the pinned version, a runner, a time
// limit, and whatever asks it to stop. A handler that does not heed its signal is ended with its
// runner after a grace.

import { resolve } from 'node:path'
import { resolveArgs } from '../graph/arguments.ts'
import type { SerializedTask } from '../graph/serialized-dag.ts'
import { type AttemptEnd, endOfAttempt } from './attempt-end.ts'
import type { AttemptLog } from './attempt-log.ts'
import type { Claim } from './claims.ts'
import type { DagVersions, PinnedDag } from './dag-versions.ts'
import type { RunnerHandle } from './runner-handle.ts'
import type { LeasedRunner, RunnerPool } from './runner-pool.ts'
import { type AbortReason, failed, type RunnerResult, type RunRequest } from './runner-protocol.ts'

export interface AttemptOptions {
  runners: RunnerPool
  versions: Pick<DagVersions, 'get'>
  dagsFolder: string
  abortGraceMs: number
  random: () => number
}

export type LogOfAttempt = Pick<AttemptLog, 'add' | 'say'>

export class Attempt {
  readonly claim: Claim
  readonly #options: AttemptOptions
  readonly #log: LogOfAttempt
  #aborted: { reason: AbortReason; message: string } | null = null
  #runner: RunnerHandle | undefined
  #graceTimer: NodeJS.Timeout | undefined

  constructor(claim: Claim, log: LogOfAttempt, options: AttemptOptions) {
    this.claim = claim
    this.#log = log
    this.#options = options
  }

  /**
   * Null when the attempt is not this worker's any more: it must not write an end.
   *
   * @throws what kept it from knowing its task: the attempt has to be given back.
   */
  async run(): Promise<AttemptEnd | null> {
    const { claimed } = this.claim
    let pinned: PinnedDag
    let task: SerializedTask | undefined
    let result: RunnerResult
    try {
      pinned = await this.#options.versions.get(claimed.dagVersionId)
      task = pinned.tasks.get(claimed.taskId)
      if (!task)
        throw new Error(`Task "${claimed.taskId}" is not in version ${claimed.dagVersionId}`)
      result = await this.#runIn(pinned, task)
    } catch (error) {
      // The worker's own trouble, such as a runner that does not start: an error like any other, but
      // without a version there is no retry policy.
      if (!task || !pinned!) throw error
      result = failed(error instanceof Error ? error.message : String(error))
    }
    if (this.#aborted?.reason === 'lease_lost') return null
    if (result.kind === 'failed' || result.kind === 'retry_later') {
      this.#log.say('error', result.detail)
    }
    if (this.#aborted) this.#log.say('warning', this.#aborted.message)
    return endOfAttempt(
      { claimed, pinned, task, result, aborted: this.#aborted },
      this.#options.random,
    )
  }

  /** The first reason counts. */
  abort(reason: AbortReason, message: string): void {
    if (this.#aborted) return
    this.#aborted = { reason, message }
    this.#enforceAbort()
  }

  async #runIn(pinned: PinnedDag, task: SerializedTask): Promise<RunnerResult> {
    const { runners } = this.#options
    const { dagId, nLosses } = this.claim.claimed
    // A task that was running when a worker died may have killed it: apart from the others it can end
    // its own process alone, and that is a failure of its own.
    const isApart = task.isolation === 'process' || nLosses > 0
    const leased: LeasedRunner = isApart
      ? await runners.leaseProcess()
      : await runners.leaseThread(dagId)
    let timer: NodeJS.Timeout | undefined
    try {
      if (this.#aborted) return failed(this.#aborted.message)
      this.#runner = leased.runner
      const running = leased.runner.run(this.#request(pinned, task), (lines) =>
        this.#log.add(lines),
      )
      const { timeoutMs } = task
      if (timeoutMs !== null) {
        timer = setTimeout(
          () => this.abort('timeout', `The attempt ran longer than its limit of ${timeoutMs} ms`),
          // Longer than setTimeout can wait is no limit at all.
          Math.min(timeoutMs, 2 ** 31 - 1),
        )
      }
      return await running
    } finally {
      clearTimeout(timer)
      clearTimeout(this.#graceTimer)
      this.#runner = undefined
      leased.giveBack()
    }
  }

  #enforceAbort(): void {
    const runner = this.#runner
    if (!runner || !this.#aborted || this.#graceTimer) return
    const { reason, message } = this.#aborted
    runner.abort(reason, message)
    this.#graceTimer = setTimeout(
      () =>
        void runner.terminate(
          `${message}. Its code did not stop when it was told to, so its thread was ended`,
        ),
      this.#options.abortGraceMs,
    )
  }

  #request(pinned: PinnedDag, task: SerializedTask): RunRequest {
    const { claimed } = this.claim
    return {
      kind: 'run',
      filePath: resolve(this.#options.dagsFolder, claimed.filePath),
      args: resolveArgs(task.args, new Map(Object.entries(claimed.inputs))),
      context: {
        dagId: claimed.dagId,
        runId: claimed.runId,
        taskId: claimed.taskId,
        mapIndex: claimed.mapIndex,
        tryNumber: claimed.tryNumber,
        maxTries: claimed.maxTries,
        runType: claimed.runType,
        logicalDate: claimed.logicalDate,
        dataIntervalStart: claimed.dataIntervalStart,
        dataIntervalEnd: claimed.dataIntervalEnd,
        runAfter: claimed.runAfter,
        conf: { ...pinned.dag.params, ...claimed.conf },
        triggeringAssetEvents: claimed.triggeringAssetEvents,
        fence: { taskInstanceId: claimed.taskInstanceId, value: claimed.fence },
      },
    }
  }
}
