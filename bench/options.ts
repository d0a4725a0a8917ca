// The arguments of `npm run bench`.

import { parseArgs } from 'node:util'

export const BENCHMARKS = ['B1', 'B2', 'B3', 'B5', 'B6', 'B7', 'B8'] as const
export type Benchmark = (typeof BENCHMARKS)[number]

export const HELP = `Usage: npm run bench -- [options]

Measures Terrace beside the bare limits, interleaved, and prints one table: the orchestrator on both
queues (B1 to B5, B8), the warehouse on both event logs (B6, B7). A whole run takes about half an hour.
It needs redis-server in PATH; without Kafka (npm run kafka -- --install-only) its row is left out.

Options:
  --only <B1,B3>    benchmarks to run: ${BENCHMARKS.join(', ')}; several separated by commas
  --queue <name>    redis or postgres alone
  --rounds <n>      rounds, 1 to 100 (default 5)
  --messages <n>    messages that B6 and B7 move, 1000 to 10000000 (default 100000)
  --write           write docs/benchmarks.md and docs/benchmarks.svg (whole runs only)
  --help

Examples:
  $ npm run bench
  $ npm run bench -- --only B1 --rounds 3
  $ npm run bench -- --only B6,B7
`

export interface BenchOptions {
  only: readonly Benchmark[]
  queues: readonly ('redis' | 'postgres')[]
  rounds: number
  /** What the warehouse moves. */
  messages: number
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
      messages: { type: 'string', default: '100000' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const only = values.only === undefined ? [...BENCHMARKS] : values.only.split(',').map(benchmark)
  const rounds = wholeNumber('rounds', values.rounds, 1, 100)
  const messages = wholeNumber('messages', values.messages, 1_000, 10_000_000)
  if (values.queue !== undefined && values.queue !== 'redis' && values.queue !== 'postgres')
    throw new Error(`--queue ${values.queue}: redis or postgres is needed.`)
  if (values.write && values.only !== undefined)
    throw new Error('--write needs all benchmarks: leave out --only.')
  return {
    only,
    queues: values.queue === undefined ? ['redis', 'postgres'] : [values.queue],
    rounds,
    messages,
    write: values.write,
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`--${name} ${text}: a whole number from ${least} to ${most} is needed.`)
}

function benchmark(name: string): Benchmark {
  const found = BENCHMARKS.find((known) => known === name.trim().toUpperCase())
  if (!found) throw new Error(`--only ${name}: it is one of ${BENCHMARKS.join(', ')}.`)
  return found
}
