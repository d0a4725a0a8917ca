// Tells all readers of one server what has changed. It looks while somebody listens and not otherwise,
// once for all of them; a database that is away is asked again, and what changed meanwhile is told.
//
// A reader is first told of nothing, once there is a look to compare with: from then on it misses none.

import { type Mark, TOPICS, type Topic } from '../../store/read/changes.ts'

export interface Change {
  what: Topic[]
  dag_ids: string[]
}

export interface ChangeFeedOptions {
  readMarks: () => Promise<Mark[]>
  everyMs: number
  /** Told of a look that failed, once for each row of failures. */
  onError: (error: unknown) => void
}

/** A look may cost this share of the time at most: a busy database is asked less often. */
const LARGEST_SHARE = 0.2
const NOTHING: Change = { what: [], dag_ids: [] }

type Marks = ReadonlyMap<string, Mark>
type Listener = (change: Change) => void

export class ChangeFeed {
  readonly #options: ChangeFeedOptions
  readonly #listeners = new Set<Listener>()
  #isLooking = false
  #seen: Marks | null = null

  constructor(options: ChangeFeedOptions) {
    this.#options = options
  }

  /** @returns what ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    if (this.#seen) listener(NOTHING)
    if (!this.#isLooking) void this.#look()
    return () => this.#listeners.delete(listener)
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    let isFailing = false
    while (this.#listeners.size > 0) {
      const began = performance.now()
      try {
        const marks = byKey(await this.#options.readMarks())
        const change = this.#seen ? changeBetween(this.#seen, marks) : NOTHING
        this.#seen = marks
        isFailing = false
        if (change) for (const listener of [...this.#listeners]) listener(change)
      } catch (error) {
        if (!isFailing) this.#options.onError(error)
        isFailing = true
      }
      const took = performance.now() - began
      await pause(Math.max(this.#options.everyMs, took / LARGEST_SHARE) - took)
    }
    this.#isLooking = false
    this.#seen = null
  }
}

/** Both changes in one. */
export function merge(a: Change, b: Change): Change {
  return {
    what: TOPICS.filter((topic) => a.what.includes(topic) || b.what.includes(topic)),
    dag_ids: [...new Set([...a.dag_ids, ...b.dag_ids])].sort(),
  }
}

export function changeBetween(before: Marks, after: Marks): Change | null {
  const changed = [
    ...[...after].filter(([key, { mark }]) => before.get(key)?.mark !== mark),
    ...[...before].filter(([key]) => !after.has(key)),
  ].map(([, mark]) => mark)
  if (changed.length === 0) return null
  const dagIds = changed.flatMap(({ dagId }) => (dagId === null ? [] : [dagId]))
  return {
    what: TOPICS.filter((topic) => changed.some((mark) => mark.topic === topic)),
    dag_ids: [...new Set(dagIds)].sort(),
  }
}

export function byKey(marks: readonly Mark[]): Marks {
  return new Map(marks.map((mark) => [JSON.stringify([mark.topic, mark.dagId, mark.part]), mark]))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)).unref())
}
