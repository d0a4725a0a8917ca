// The arguments of `npm run bench:acceptance`.

import { parseArgs } from 'node:util'

export const HELP = `Usage: npm run bench:acceptance -- [options]

Acceptance load: a simulated day of the shop, minute by minute, each through all four DAGs before the
next is sent. Prints how long a minute takes, and whether any took longer than a minute.
With --days: a history, a month at a time through the same DAGs, with rows/s of each and memory.
Both run on embedded engines with durable settings, in a temporary folder.

Options:
  --minutes <n>            minutes to simulate, 1 to 44640 (default 1440, a day)
  --days <n>               days of history instead, 1 to 3660
  --events-per-minute <n>  of the shop, 1 to 100000 (default 120)
  --help

Examples:
  $ npm run bench:acceptance -- --minutes 60
  $ npm run bench:acceptance -- --days 365 --events-per-minute 19   # 10 million events
`

export interface AcceptanceOptions {
  load: { kind: 'minutes'; minutes: number } | { kind: 'history'; days: number }
  eventsPerMinute: number
}

export class OptionsError extends Error {
  override name = 'OptionsError'
}

/** Null for --help. @throws OptionsError with what is allowed */
export function parseOptions(args: readonly string[]): AcceptanceOptions | null {
  const values = parse(args)
  if (values.help) return null
  if (values.days !== undefined && values.minutes !== undefined)
    throw new OptionsError('--minutes and --days: only one of them can be given.')
  const eventsPerMinute = wholeNumber('events-per-minute', values['events-per-minute'], 100_000)
  if (values.days !== undefined) {
    const days = wholeNumber('days', values.days, 3_660)
    return { load: { kind: 'history', days }, eventsPerMinute }
  }
  const minutes = wholeNumber('minutes', values.minutes ?? '1440', 44_640)
  return { load: { kind: 'minutes', minutes }, eventsPerMinute }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        days: { type: 'string' },
        'events-per-minute': { type: 'string', default: '120' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new OptionsError(`${(error as Error).message} See --help.`)
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
  throw new OptionsError(`--${name} ${text}: a whole number from 1 to ${most} is needed.`)
}
