// The DAGs of the benchmarks, written as files, because the roles read files: what is measured is
// what a user runs.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CHAIN_LENGTH = 40
export const COMPUTE_LENGTH = 10
export const COMPUTE_FIB = 33
export const FAN_OUT = 10_000

const SDK = fileURLToPath(new URL('../orchestrator/sdk/index.ts', import.meta.url))

const FIB = 'const fib = (n: number): number => (n < 2 ? n : fib(n - 1) + fib(n - 2))'

/** A chain: `options(i)` is the i-th task's options as source text. */
function chain(id: string, length: number, handler: string, options = '{}'): string {
  return `import { defineDag, type TaskReference } from '${SDK}'
${FIB}
export default defineDag({ id: '${id}', maxActiveRuns: 100 }, (dag) => {
  let last: TaskReference<number> | undefined
  for (let i = 0; i < ${length}; i++) {
    const task = dag.task(\`t\${i}\`, ${handler}, undefined, ${options})
    if (last) task.after(last)
    last = task
  }
})
`
}

const SOURCES: Record<string, string> = {
  // Each task of the second chain is of the other queue than the one before it: nothing continues.
  chain_continued: chain('chain_continued', CHAIN_LENGTH, '() => fib(10)'),
  chain_queued: chain(
    'chain_queued',
    CHAIN_LENGTH,
    '() => fib(10)',
    `{ queue: i % 2 === 0 ? 'default' : 'other' }`,
  ),
  // Returns its own milliseconds, so that the overhead is not the noise of the compute.
  compute: chain(
    'compute',
    COMPUTE_LENGTH,
    `() => {
      const began = performance.now()
      fib(${COMPUTE_FIB})
      return performance.now() - began
    }`,
  ),
  fan_out: `import { defineDag } from '${SDK}'
export default defineDag({ id: 'fan_out', maxActiveTasks: ${FAN_OUT + 2} }, (dag) => {
  const first = dag.task('first', () => 0)
  const last = dag.task('last', () => 0)
  for (let i = 0; i < ${FAN_OUT}; i++) {
    const task = dag.task(\`t\${i}\`, () => i)
    task.after(first)
    last.after(task)
  }
})
`,
  single: `import { defineDag } from '${SDK}'
export default defineDag({ id: 'single', maxActiveRuns: 10_000 }, (dag) => {
  dag.task('only', () => 1)
})
`,
  sleeper: `import { setTimeout as delay } from 'node:timers/promises'
import { defineDag } from '${SDK}'
export default defineDag({ id: 'sleeper' }, (dag) => {
  dag.task('sleep', async (_: undefined, { tryNumber, signal }: { tryNumber: number; signal: AbortSignal }) => {
    if (tryNumber === 1) await delay(120_000, undefined, { signal })
    return tryNumber
  })
})
`,
  once: `import { defineDag, once } from '${SDK}'
export default defineDag({ id: 'once', schedule: once }, (dag) => {
  dag.task('only', () => 1)
})
`,
}

/** Writes the named DAGs into `folder` and returns it. */
export function writeDags(folder: string, ids: readonly string[]): string {
  mkdirSync(folder, { recursive: true })
  for (const id of ids) writeFileSync(join(folder, `${id}.ts`), SOURCES[id]!)
  return folder
}
