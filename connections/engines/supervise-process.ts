// Keeps one process running: noticed when it ends, started again with a growing delay. Works for a
// child of ours and for an adopted process, whose end can only be seen by looking.

import { messageOf } from './engine-error.ts'
import { isAlive, type ProcessIdentity } from './live-process.ts'

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000
/** A process that lived this long starts again with the first delay. */
const HEALTHY_AFTER_MS = 60_000
const LOOK_EVERY_MS = 1_000

/** `exited` of a child of ours; an adopted process has none. */
type Supervised = ProcessIdentity & { exited?: Promise<unknown> }

export interface SupervisedProcess<T extends Supervised> {
  current(): T
  /** No restart from here on; `end` stops the process that runs, if one does. */
  stop(end: (current: T) => Promise<void>): Promise<void>
}

export function superviseProcess<T extends Supervised>(options: {
  name: string
  first: T
  restart: () => Promise<T>
  /** Told of each process that took the place of one that had ended. */
  onRestart?: ((current: T) => void) | undefined
  log: (line: string) => void
}): SupervisedProcess<T> {
  const { name, log } = options
  let current = options.first
  let startedAt = performance.now()
  let delay = FIRST_DELAY_MS
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let restarting: Promise<void> | undefined

  const watch = () => {
    if (current.exited) {
      void current.exited.then(onEnd)
      return
    }
    timer = setInterval(() => {
      if (!isAlive(current)) {
        clearInterval(timer)
        onEnd()
      }
    }, LOOK_EVERY_MS)
    timer.unref()
  }

  const onEnd = () => {
    if (stopped) return
    if (performance.now() - startedAt > HEALTHY_AFTER_MS) delay = FIRST_DELAY_MS
    log(`${name} (pid ${current.pid}) ended; starting it again in ${delay} ms.`)
    timer = setTimeout(() => {
      restarting = tryAgain()
    }, delay)
    delay = Math.min(delay * 2, LONGEST_DELAY_MS)
  }

  const tryAgain = async () => {
    try {
      current = await options.restart()
      startedAt = performance.now()
      options.onRestart?.(current)
      log(`${name} runs again (pid ${current.pid}).`)
      if (!stopped) watch()
    } catch (error) {
      log(`${name} did not start again: ${messageOf(error)}`)
      onEnd()
    }
  }

  watch()
  return {
    current: () => current,
    async stop(end) {
      stopped = true
      clearTimeout(timer)
      clearInterval(timer)
      await restarting
      await end(current)
    },
  }
}
