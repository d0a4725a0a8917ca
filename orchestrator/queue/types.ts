// The queue only delivers: it carries ids, may lose or repeat everything at any moment, and Postgres
// still has the truth. A delivery is a hint that a task instance may be claimed.

/** One attempt to deliver. Its job id is `ti-<id>-a<attempt>-q<sequence>`. */
export interface QueueEntry {
  taskInstanceId: string
  tryNumber: number
  queueSequence: number
  queue: string
  priorityWeight: number
}

export interface QueueConsumer {
  /** Takes nothing new; resolves when the deliveries in hand have settled. */
  drain(): Promise<void>
  /** Gives up at once: deliveries in hand are abandoned to the reconciler. */
  abort(): Promise<void>
}

export interface ConsumeOptions {
  queue: string
  /** Deliveries handled at the same time. */
  concurrency: number
  /** Errors of the connection; deliveries go on when it heals. */
  onError: (error: Error) => void
}

export interface TaskQueue {
  readonly kind: 'bullmq-redis' | 'bullmq-postgres'
  /** Resolves once the entries are on the queue. Publishing an entry twice delivers at least once. */
  publish(entries: readonly QueueEntry[]): Promise<void>
  /** The delivery is acknowledged when `handle` settles, whatever became of the attempt. */
  consume(
    options: ConsumeOptions,
    handle: (entry: QueueEntry) => Promise<void>,
  ): Promise<QueueConsumer>
  /**
   * Those of the entries whose jobs do not wait on the queue: lost, or in the hands of a worker, which
   * may have died before its claim.
   */
  notWaiting(entries: readonly QueueEntry[]): Promise<QueueEntry[]>
  /** Entries that wait in a queue. */
  depth(queue: string): Promise<number>
  /** Version text for the banner, such as `BullMQ 6.7.0 on Redis 7.0.15`. @throws when unreachable */
  ping(): Promise<string>
  close(): Promise<void>
}
