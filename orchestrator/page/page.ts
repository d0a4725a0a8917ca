// The page that `web` serves: what the package ships, or the build of a checkout, which is made after
// the roles are ready. Without one the server says why, and the API goes on.

import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkoutFolder } from '../dag-processor/compiled-checkout.mjs'
import { buildPage, markAsUsed, pageFolder, whyNotBuildable } from './page-build.ts'

/**
 * Roles and first runs go first. The lowest would be starved for minutes where these keep both
 * processors busy.
 */
const PRIORITY = constants.priority.PRIORITY_BELOW_NORMAL

export type PageState =
  | { kind: 'built'; folder: string }
  | { kind: 'building' }
  | { kind: 'missing'; problem: string }

export class Page {
  readonly #checkout: string | null
  readonly #stopping = new AbortController()
  #state: PageState

  constructor(checkout = checkoutFolder()) {
    this.#checkout = checkout
    this.#state = checkout === null ? packagedPage() : pageOfCheckout(checkout)
  }

  get state(): PageState {
    return this.#state
  }

  /** Builds the page if there is none yet. Never throws: what fails is told to who opens the page. */
  async build(log: (line: string) => void): Promise<void> {
    if (this.#checkout === null || this.#state.kind !== 'building') return
    const folder = pageFolder(this.#checkout)
    const began = performance.now()
    try {
      await buildPage(this.#checkout, folder, {
        signal: this.#stopping.signal,
        priority: PRIORITY,
      })
      this.#state = { kind: 'built', folder }
      log(`The page was built in ${((performance.now() - began) / 1_000).toFixed(1)} s.`)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      const printed = error instanceof Error ? error.message : String(error)
      const problem = `The page could not be built. Correct web/, or run \`npm ci\` if packages are missing, and start again.\n\n${printed}`
      this.#state = { kind: 'missing', problem }
      log(problem)
    }
  }

  stop(): void {
    this.#stopping.abort()
  }
}

function packagedPage(): PageState {
  const folder = fileURLToPath(new URL('../../web/', import.meta.url))
  if (existsSync(join(folder, 'index.html'))) return { kind: 'built', folder }
  const problem = `The package holds no page: ${folder} is missing. Install terrace again.`
  return { kind: 'missing', problem }
}

function pageOfCheckout(checkout: string): PageState {
  const folder = pageFolder(checkout)
  if (existsSync(folder)) {
    markAsUsed(folder)
    return { kind: 'built', folder }
  }
  const problem = whyNotBuildable(checkout)
  return problem === null ? { kind: 'building' } : { kind: 'missing', problem }
}
