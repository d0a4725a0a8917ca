// How a queue entry becomes a BullMQ job and back. The job's id says everything, so its data stays
// empty: Postgres has the rest.

import type { QueueEntry } from './types.ts'

// BullMQ delivers the lower priority number first, ties first in, first out; 1 to 2^21 are allowed
// (0 is its plain list, which goes before them all and so has no room for a higher weight).
const MIDDLE = 1 << 20
const LIMIT = MIDDLE - 1

/**
 * Every entry takes a priority, the default weight too: one order for all weights, and ties stay
 * first in, first out. Rejected: the plain list for the default weight, where a higher one could only
 * jump the queue last in, first out; on Redis it was no faster than the noise of measuring (5 %).
 */
export function priorityOf(weight: number): number {
  return MIDDLE - Math.max(-LIMIT, Math.min(LIMIT, Math.trunc(weight)))
}

export function weightOf(priority: number): number {
  return MIDDLE - priority
}

/** No colon: BullMQ refuses it. Each sequence is a new id, so that no kept job can swallow it. */
export function jobId(
  entry: Pick<QueueEntry, 'taskInstanceId' | 'tryNumber' | 'queueSequence'>,
): string {
  return `ti-${entry.taskInstanceId}-a${entry.tryNumber}-q${entry.queueSequence}`
}

/** Null when the id is not one of ours. */
export function parseJobId(
  id: string,
): Pick<QueueEntry, 'taskInstanceId' | 'tryNumber' | 'queueSequence'> | null {
  const match = /^ti-([0-9a-f-]{36})-a(\d+)-q(\d+)$/.exec(id)
  if (!match) return null
  return {
    taskInstanceId: match[1]!,
    tryNumber: Number(match[2]),
    queueSequence: Number(match[3]),
  }
}

/** BullMQ allows no colon in a queue's name either. */
export function bullmqQueueName(queue: string): string {
  return `terrace.${encodeURIComponent(queue)}`
}

interface BulkJob {
  name: string
  data: object
  opts: ReturnType<typeof jobOptions>
}

function jobOptions(entry: QueueEntry) {
  return {
    jobId: jobId(entry),
    priority: priorityOf(entry.priorityWeight),
    attempts: 1,
    removeOnComplete: true,
    removeOnFail: true,
  }
}

/** The jobs of each queue, in the order of the entries. */
export function jobsByQueue(entries: readonly QueueEntry[]): Map<string, BulkJob[]> {
  const queues = new Map<string, BulkJob[]>()
  for (const entry of entries) {
    const job = { name: 't', data: {}, opts: jobOptions(entry) }
    const jobs = queues.get(entry.queue)
    if (jobs) jobs.push(job)
    else queues.set(entry.queue, [job])
  }
  return queues
}
