// One BullMQ worker per queue, as a TaskQueue consumer. The processor holds its delivery until the
// attempt has ended, so that BullMQ acknowledges it and fetches the next one in one trip.
//
// A delivery that stalls (a blocked event loop, a lost lock) is delivered again: harmless, because
// the claim in Postgres refuses it. The loser's error event is reported and nothing else follows.

import type { Job } from 'bullmq'
import { parseJobId, weightOf } from './job-id.ts'
import type { ConsumeOptions, QueueConsumer, QueueEntry } from './types.ts'

/** What both backends' workers are given, beside their connection. */
export const WORKER_OPTIONS = {
  // Never give up on a delivery for having stalled.
  maxStalledCount: 1_000_000,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
  // After an error of the connection; BullMQ's default is 15 s.
  runRetryDelay: 500,
  autorun: false,
} as const

/** The part of BullMQ's Worker that both backends' share by type. */
interface DeliveringWorker {
  run(): Promise<void>
  close(force?: boolean): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface StartedWorker {
  worker: DeliveringWorker
  /** Cuts the connections without waiting for an answer. */
  disconnect(): void
}

export async function consumeWith(
  options: ConsumeOptions,
  handle: (entry: QueueEntry) => Promise<void>,
  start: (processor: (job: Job) => Promise<null>) => StartedWorker,
): Promise<QueueConsumer> {
  let aborted = false
  const { worker, disconnect } = start(async (job) => {
    const ids = parseJobId(job.id ?? '')
    if (!ids || aborted) return null
    const entry = { ...ids, queue: options.queue, priorityWeight: weightOf(job.priority ?? 0) }
    try {
      await handle(entry)
    } catch (error) {
      // BullMQ must not keep it as failed; whoever handles deliveries has its own record of it.
      options.onError(error instanceof Error ? error : new Error(String(error)))
    }
    return null
  })
  worker.on('error', (error) => {
    if (!aborted) options.onError(error)
  })
  const running = worker.run()
  running.catch((error: Error) => {
    if (!aborted) options.onError(error)
  })
  return {
    drain: () => worker.close(),
    async abort() {
      aborted = true
      void worker.close(true).catch(() => {})
      disconnect()
    },
  }
}
