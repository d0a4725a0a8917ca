// The process that measures the bare limits: BullMQ, a commit and a loop, with nothing of Terrace.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BareAnswers, BareQuestion, BareSettings } from './bare-protocol.ts'

const CHILD = fileURLToPath(new URL('./bare-child.ts', import.meta.url))

export interface Bare {
  pid: number
  ask<Q extends BareQuestion>(question: Q): Promise<BareAnswers[Q['kind']]>
  stop(): Promise<void>
}

export async function startBare(settings: BareSettings): Promise<Bare> {
  const child: ChildProcess = fork(CHILD, [], {
    execArgv: ['--import', 'tsx'],
    // Not an argument: those of a process are everybody's to read, and the URL holds a password.
    env: { ...process.env, TERRACE_BENCH_SETTINGS: JSON.stringify(settings) },
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const answer = () =>
    new Promise<unknown>((resolve, reject) => {
      const failed = () => reject(new Error('The process of the bare limits ended.'))
      child.once('exit', failed)
      child.once('message', (message) => {
        child.off('exit', failed)
        resolve(message)
      })
    })
  await answer()
  return {
    pid: child.pid!,
    async ask(question) {
      child.send(question)
      return (await answer()) as never
    },
    async stop() {
      child.disconnect()
      await exited
    },
  }
}
