/**
 * Keeps answers that cost something: readers that come while one is asked for, or soon after, share it.
 * A failure is shared by those who wait and kept for nobody else.
 */
export class KeptAnswers<T> {
  readonly #keptMs: number
  readonly #answers = new Map<string, { until: number; answer: Promise<T> }>()

  constructor(keptMs: number) {
    this.#keptMs = keptMs
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const now = performance.now()
    for (const [old, { until }] of this.#answers) if (until < now) this.#answers.delete(old)
    const known = this.#answers.get(key)
    if (known) return known.answer
    const kept = { until: Number.POSITIVE_INFINITY, answer: ask() }
    this.#answers.set(key, kept)
    kept.answer.then(
      () => {
        kept.until = performance.now() + this.#keptMs
      },
      () => this.#answers.delete(key),
    )
    return kept.answer
  }
}
