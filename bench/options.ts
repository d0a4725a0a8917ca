// The arguments of `npm run bench`.

import { parseArgs } from 'node:util'

export const BENCHMARKS = ['B1', 'B2', 'B3', 'B5', 'B8'] as const
export type Benchmark = (typeof BENCHMARKS)[number]

export const HELP = `Usage: npm run bench -- [options]

Measures Terrace on both queues beside the bare limits, interleaved, and prints one table.
A whole run takes about fifteen minutes. It needs redis-server in PATH.

Options:
  --only <B1,B3>    benchmarks to run: ${BENCHMARKS.join(', ')}; several separated by commas
  --queue <name>    redis or postgres alone
  --rounds <n>      rounds, 1 to 100 (default 5)
  --write           write docs/benchmarks.md and docs/benchmarks.svg (whole runs only)
  --help

Examples:
  $ npm run bench
  $ npm run bench -- --only B1 --rounds 3
`

export interface BenchOptions {
  only: readonly Benchmark[]
  queues: readonly ('redis' | 'postgres')[]
  rounds: number
  write: boolean
}

/** Null for --help. @throws when an argument is wrong, with what is allowed */
export function parseOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      queue: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const only = values.only === undefined ? [...BENCHMARKS] : values.only.split(',').map(benchmark)
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error(`--rounds ${values.rounds}: a whole number from 1 to 100 is needed.`)
  if (values.queue !== undefined && values.queue !== 'redis' && values.queue !== 'postgres')
    throw new Error(`--queue ${values.queue}: redis or postgres is needed.`)
  if (values.write && values.only !== undefined)
    throw new Error('--write needs all benchmarks: leave out --only.')
  return {
    only,
    queues: values.queue === undefined ? ['redis', 'postgres'] : [values.queue],
    rounds,
    write: values.write,
  }
}

function benchmark(name: string): Benchmark {
  const found = BENCHMARKS.find((known) => known === name.trim().toUpperCase())
  if (!found) throw new Error(`--only ${name}: it is one of ${BENCHMARKS.join(', ')}.`)
  return found
}
