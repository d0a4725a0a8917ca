// What was measured so far, by row and engine: ours and the bare limit's, one number a round.

import type { EngineKind } from './rows.ts'

export interface Spread {
  median: number
  min: number
  max: number
  rounds: number
}

export class Samples {
  /** Load averages of the machine while it measured. */
  readonly loads: number[] = []
  readonly #values = new Map<string, number[]>()

  add(row: string, engine: EngineKind, whose: 'terrace' | 'limit', value: number): void {
    const key = `${row} ${engine} ${whose}`
    const values = this.#values.get(key)
    if (values) values.push(value)
    else this.#values.set(key, [value])
  }

  spread(row: string, engine: EngineKind, whose: 'terrace' | 'limit'): Spread | null {
    const values = this.#values.get(`${row} ${engine} ${whose}`)
    return values ? spreadOf(values) : null
  }

  /** Ours over the limit, round by round: what disturbed a round disturbed both. */
  ratio(row: string, engine: EngineKind): Spread | null {
    const ours = this.#values.get(`${row} ${engine} terrace`)
    const limits = this.#values.get(`${row} ${engine} limit`)
    if (!ours || !limits) return null
    return spreadOf(ours.map((value, round) => value / limits[round]!))
  }
}

function spreadOf(values: readonly number[]): Spread {
  return {
    median: percentile(values, 0.5),
    min: Math.min(...values),
    max: Math.max(...values),
    rounds: values.length,
  }
}

/** Linear between the two nearest; `share` is 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)]!
  const above = sorted[Math.ceil(at)]!
  return below + (above - below) * (at - Math.floor(at))
}
