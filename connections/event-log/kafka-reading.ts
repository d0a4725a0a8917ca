// The state of one bounded read: how far each partition has come, what was fetched and not yet
// taken, and who waits for whom. No Kafka in here.

import type { Stretch } from './offset-range.ts'
import type { LogBatch } from './types.ts'

/** One batch is worked on, this many wait; then fetching pauses. */
const WAITING_BATCHES = 2
/** Far above any pause of a healthy broker; below the time limits of tasks. */
const STALL_MS = 60_000

export class StalledReadError extends Error {
  override name = 'StalledReadError'
  constructor(topic: string, left: Stretch[]) {
    const where = left.map(({ partition, from, until }) => `${partition}: ${from} to ${until}`)
    super(
      `Reading topic "${topic}" got nothing from Kafka for ${STALL_MS / 1000} s. ` +
        `Still to read (partition: offsets): ${where.join(', ')}. ` +
        'Check that the partitions have leaders, and that no transaction was left open.',
    )
  }
}

export class Reading {
  readonly topic: string
  readonly #left: Map<number, Stretch>
  readonly #fetched: LogBatch[] = []
  #failure: { reason: unknown } | undefined
  #isOver = false
  #changed = Promise.resolve()
  #announce = () => {}

  constructor(topic: string, stretches: Stretch[]) {
    this.topic = topic
    this.#left = new Map(stretches.map((stretch) => [stretch.partition, { ...stretch }]))
    this.#renew()
  }

  /** What is still to be fetched. */
  left(): Stretch[] {
    return [...this.#left.values()]
  }

  leftOf(partition: number): Stretch | undefined {
    return this.#left.get(partition)
  }

  /** Takes the next batch of a partition in; true when it was the partition's last. */
  push(batch: LogBatch): boolean {
    const stretch = this.#left.get(batch.partition)
    if (stretch === undefined || this.#isOver) return true
    stretch.from = batch.nextOffset
    const isLast = stretch.from >= stretch.until
    if (isLast) this.#left.delete(batch.partition)
    this.#fetched.push(batch)
    this.#renew()
    return isLast
  }

  /** Resolves when there is room for more, or the read is over. */
  async room(): Promise<void> {
    while (!this.#isOver && this.#fetched.length >= WAITING_BATCHES) await this.#changed
  }

  /** The next batch; undefined when every stretch was read. */
  async take(signal: AbortSignal | undefined): Promise<LogBatch | undefined> {
    const abort = () => this.fail(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    const stalled = setTimeout(
      () => this.fail(new StalledReadError(this.topic, this.left())),
      STALL_MS,
    )
    try {
      for (;;) {
        signal?.throwIfAborted()
        if (this.#failure) throw this.#failure.reason
        const batch = this.#fetched.shift()
        if (batch !== undefined) {
          this.#renew()
          return batch
        }
        if (this.#left.size === 0) return undefined
        await this.#changed
      }
    } finally {
      clearTimeout(stalled)
      signal?.removeEventListener('abort', abort)
    }
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#renew()
  }

  /** Nobody takes any more. */
  end(): void {
    this.#isOver = true
    this.#left.clear()
    this.#renew()
  }

  /** Wakes both sides. */
  #renew(): void {
    this.#announce()
    this.#changed = new Promise((resolve) => {
      this.#announce = resolve
    })
  }
}
