// Inside a runner: keeps what an attempt has left behind from touching the attempts after it. Whose code
// runs is known from its async context. An error of an attempt that has ended is reported and does no
// harm, and its code cannot end the thread. Whether anything still keeps the event loop alive is what
// Node knows best: it says `beforeExit` when nothing does. That finds every kind of handle and request,
// and costs one turn of the loop; lists such as process.getActiveResourcesInfo() leave some out.

import type { MessagePort } from 'node:worker_threads'
import { hasResidents } from '../../connections/residents.ts'

/** Something that takes longer than this to end is worth a word. */
const REPORT_AFTER_MS = 1_000
/** For what keeps the loop alive and is in no list. */
const UNSURE_FOR_MS = 5

export interface LeftoverOptions {
  /** Null for a process, which runs one attempt only. */
  port: MessagePort | null
  /** Whether the code that runs now belongs to an attempt that has ended. */
  isLeftBehind(): boolean
  /** An error that nothing caught, of the attempt that runs. */
  onOwnError(error: unknown): void
  onLeftError(error: unknown): void
  /** What still keeps the thread busy, some time after the end of an attempt. */
  onLeftOpen(resources: string[]): void
}

export interface Leftovers {
  /**
   * An attempt has ended. `say` is called with true when nothing is left of it, which is nearly always
   * and at once; else first with false, and with true when it is.
   */
  settle(say: (isQuiet: boolean) => void): void
}

export function watchLeftovers(options: LeftoverOptions): Leftovers {
  const { port } = options
  let waiting: ((isQuiet: true) => void) | undefined

  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      if (options.isLeftBehind()) options.onLeftError(error)
      // A handler may have a listener of its own, which decides.
      else if (process.listenerCount(event) === 1) options.onOwnError(error)
    })
  }
  const { exit } = process
  process.exit = (code) => {
    if (!options.isLeftBehind()) return exit.call(process, code)
    throw new Error(`process.exit(${code ?? ''}) was called, which could have ended another task`)
  }
  process.on('beforeExit', () => {
    const say = waiting
    waiting = undefined
    if (!say) return
    // Keeps the thread alive for the next attempt.
    port?.ref()
    say(true)
  })

  return {
    settle(say) {
      if (hasResidents()) {
        say(true)
        return
      }
      port?.unref()
      let timer: NodeJS.Timeout
      const sayBusy = () => {
        say(false)
        timer = setTimeout(
          () => options.onLeftOpen(process.getActiveResourcesInfo()),
          REPORT_AFTER_MS,
        ).unref()
      }
      waiting = () => {
        clearTimeout(timer)
        say(true)
      }
      // Said before what is left gets its turn, for that may never end.
      if (process.getActiveResourcesInfo().length > 0) sayBusy()
      else timer = setTimeout(sayBusy, UNSURE_FOR_MS).unref()
    },
  }
}
