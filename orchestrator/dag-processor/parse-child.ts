// The child that loads DAG files, one after the other, as its parent asks. It may be killed at any
// moment: the parent kills it when a file takes too long, and it ends itself without its parent.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { SerializedDag } from '../graph/serialized-dag.ts'
import { describeLoadError, type LoadFailure } from './describe-load-error.ts'
import { importDags } from './load-dag.ts'

export interface ParseRequest {
  type: 'parse'
  folder: string
  file: string
}

export type ParseReply =
  | { type: 'terrace:ready' }
  | { type: 'terrace:parsed'; file: string; dags: SerializedDag[] }
  | {
      type: 'terrace:failed'
      file: string
      failure: LoadFailure
      /** Thrown by the import itself, and not by a timer or promise that anyone may have left. */
      isCertain: boolean
    }

// A file that blocks the event loop would outlive the parent; a thread sees the parent go. It must
// run, and know who the parent was, before any file is loaded.
const watchdog = new Worker(
  `const { workerData } = require('node:worker_threads')
  setInterval(() => {
    if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL')
  }, 500)`,
  { eval: true, execArgv: [], workerData: process.ppid },
)
await once(watchdog, 'online')
watchdog.unref()
process.on('disconnect', () => process.exit())

// Taken before a DAG file can replace them.
const send = process.send?.bind(process)
let current: ParseRequest | null = null

function reply(message: ParseReply): void {
  current = null
  send?.(message)
}

function fail(error: unknown, isCertain: boolean): void {
  if (!current) return
  const { file, folder } = current
  reply({
    type: 'terrace:failed',
    file,
    failure: describeLoadError(error, folder, file),
    isCertain,
  })
}

// What a file throws later, from a timer or a promise, while a file is loaded.
process.on('uncaughtException', (error) => fail(error, false))
process.on('unhandledRejection', (reason) => fail(reason, false))

process.on('message', async (request: ParseRequest) => {
  if (request.type !== 'parse') return
  current = request
  try {
    const dags = await importDags(request.file)
    // One turn more, for promises that fail right after the import.
    await new Promise(setImmediate)
    if (current !== request) return
    const serialized = dags.map((dag) => dag.serialized)
    reply({ type: 'terrace:parsed', file: request.file, dags: serialized })
  } catch (error) {
    if (current === request) fail(error, true)
  }
})

send?.({ type: 'terrace:ready' } satisfies ParseReply)
