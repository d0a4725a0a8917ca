// Lets items that come while a statement is in flight travel together in the next one. The first
// item of a quiet moment leaves at once, so batching costs no delay: it grows with the load.

export interface MicroBatcherOptions<Item, Result> {
  maxItems: number
  /** One result per item, in order. When it throws, every item of the batch is rejected. */
  run(items: readonly Item[]): Promise<readonly Result[]>
  /** Waits this long for company before a batch leaves; for work that nobody waits for. */
  lingerMs?: number
}

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

export class MicroBatcher<Item, Result> {
  readonly #options: MicroBatcherOptions<Item, Result>
  #waiting: Waiting<Item, Result>[] = []
  #inFlight = false
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(options: MicroBatcherOptions<Item, Result>) {
    this.#options = options
  }

  add(item: Item): Promise<Result> {
    const added = new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
    })
    this.#schedule()
    return added
  }

  /** Resolves when nothing waits and nothing is in flight. */
  idle(): Promise<void> {
    if (!this.#inFlight && this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #schedule(): void {
    if (this.#inFlight || this.#scheduled) return
    this.#scheduled = true
    const start = () => {
      this.#scheduled = false
      void this.#dispatch()
    }
    if (this.#options.lingerMs === undefined) queueMicrotask(start)
    else setTimeout(start, this.#options.lingerMs)
  }

  async #dispatch(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#options.maxItems)
    this.#inFlight = true
    try {
      const results = await this.#options.run(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    this.#inFlight = false
    if (this.#waiting.length > 0) this.#schedule()
    else for (const resolve of this.#idle.splice(0)) resolve()
  }
}
