// Writes a line after another until the file that its conf names is there.

import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { defineDag, type TaskContext } from '../../../orchestrator/sdk/index.ts'

const PAUSE_MS = 100

async function writeLines(_: object, { conf, log, signal }: TaskContext): Promise<number> {
  const { greeting, until } = conf as { greeting: string; until: string }
  log.info(greeting)
  let lines = 0
  while (!existsSync(until)) {
    log.info(`line ${++lines}`)
    await delay(PAUSE_MS, undefined, { signal })
  }
  return lines
}

export default defineDag(
  {
    id: 'slow_lines',
    description: 'Writes lines until it is told to stop.',
    schedule: null,
    tags: ['browser'],
    params: { greeting: 'hello', until: '/' },
  },
  (dag) => {
    dag.task('write_lines', writeLines)
  },
)
