// Turns what happens outside into asset events: an asset whose name starts with the source's prefix
// (`log:user_events`) is updated when the source says that it moved. However often that is between
// two looks, it is one event.

import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from '../../connections/postgres.ts'
import { moveWatch, watchedAssets } from '../store/schedules.ts'

/** Where watched assets live; `event-log-source.ts` is one. */
export interface AssetSource {
  /** Such as `log:`; the rest of an asset's name is the source's own. */
  readonly prefix: string
  /** Where the asset stands now: plain JSON that differs when it moved. null: not there yet. */
  position(name: string): Promise<object | null>
  /** Calls `changed` soon after the asset moved; resolves when the signal aborts. */
  watch(name: string, changed: () => void, signal: AbortSignal): Promise<void>
}

const RETRY_MS = 2_000

export class AssetWatchers {
  readonly #pool: Pool
  readonly #source: AssetSource
  readonly #log: (line: string) => void
  readonly #watching = new Map<string, { stop: AbortController; done: Promise<void> }>()

  constructor(pool: Pool, source: AssetSource, log: (line: string) => void) {
    this.#pool = pool
    this.#source = source
    this.#log = log
  }

  /** Watches what DAGs are scheduled on now, and nothing else. */
  async update(): Promise<void> {
    const assets = new Set(
      (await watchedAssets(this.#pool, this.#source.prefix)).map((a) => a.name),
    )
    for (const [asset, { stop }] of this.#watching) {
      if (assets.has(asset)) continue
      stop.abort()
      this.#watching.delete(asset)
    }
    for (const asset of assets) {
      if (this.#watching.has(asset)) continue
      const stop = new AbortController()
      this.#watching.set(asset, { stop, done: this.#watch(asset, stop.signal) })
    }
  }

  async close(): Promise<void> {
    const all = [...this.#watching.values()]
    this.#watching.clear()
    for (const { stop } of all) stop.abort()
    await Promise.all(all.map(({ done }) => done))
  }

  async #watch(asset: string, signal: AbortSignal): Promise<void> {
    const name = asset.slice(this.#source.prefix.length)
    let looking: Promise<void> | undefined
    let again = false
    const look = () => {
      again = true
      looking ??= (async () => {
        while (again && !signal.aborted) {
          again = false
          await this.#look(asset, name)
        }
      })().finally(() => {
        looking = undefined
      })
      return looking
    }
    while (!signal.aborted) {
      // A look that fails ends this turn, so that the next begins with one: what the source told
      // once, it does not tell again.
      const turn = new AbortController()
      const onChange = () => void look().catch((error: unknown) => turn.abort(error))
      try {
        await look()
        await this.#source.watch(name, onChange, AbortSignal.any([signal, turn.signal]))
        turn.signal.throwIfAborted()
      } catch (error) {
        if (signal.aborted) break
        this.#log(`Asset ${asset} cannot be watched now: ${(error as Error).message}`)
        await delay(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
    await (looking as Promise<void> | undefined)?.catch(() => {})
  }

  async #look(asset: string, name: string): Promise<void> {
    const position = await this.#source.position(name)
    if (position === null) return
    const seen = (await watchedAssets(this.#pool, asset)).find((other) => other.name === asset)
    if (!seen || JSON.stringify(seen.position) === JSON.stringify(position)) return
    await moveWatch(this.#pool, asset, seen.position, position)
  }
}
