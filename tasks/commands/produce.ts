// produce: sends files in the formats that real producers write, and says what was sent.

import {
  type Command,
  CommandError,
  examples,
  integerArgument,
  type OutputFormat,
  outputOption,
  suggestion,
  UsageError,
} from '../../orchestrator/cli/commands.ts'
import { findFormat, formatNames } from '../produce/reading/find-format.ts'
import type { Format } from '../produce/reading/format.ts'
import { problemOfInput, STANDARD_INPUT } from '../produce/sending/open-input.ts'
import { sendFiles } from './produce-files.ts'
import { writeSample } from './produce-sample.ts'

interface ProduceOptions {
  rate?: number
  timestamp?: string
  strict: boolean
  sample?: string | true
  count?: number
  seed?: string
  output: OutputFormat
}

const DEFAULT_COUNT = 10
const DEFAULT_SEED = 'terrace'

export function define(produce: Command): void {
  produce
    .argument('[format]', 'what the files hold; see Formats')
    .argument('[files...]', 'files to send; - is standard input, a name in .gz is unpacked')
    .option('--rate <n>', 'send at most so many records a second', integerArgument(1))
    .option('--timestamp <time>', 'one time for all records that have none of their own')
    .option('--strict', 'stop at the first bad record and send nothing behind it', false)
    .option('--sample [format]', 'write a synthetic file of the format to standard output')
    .option('--count <n>', `records of the sample (default: ${DEFAULT_COUNT})`, integerArgument(1))
    .option('--seed <text>', 'the same seed gives the same sample')
    .addOption(outputOption())
    .addHelpText('after', ({ error }) => (error ? '' : formatsHelp()))
    .action(async (formatName: string | undefined, files: string[], options: ProduceOptions) => {
      if (options.sample !== undefined) {
        const { count = DEFAULT_COUNT, seed = DEFAULT_SEED } = options
        const name = sampledFormat(formatName, files, options)
        return writeSample((await requireFormat(name)).sample(count, seed))
      }
      if (formatName === undefined) {
        throw new UsageError(`Which format? Formats: ${formatNames().join(', ')}.`)
      }
      const format = await requireFormat(formatName)
      checkCall(formatName, format, files, options)
      await sendFiles({ formatName, format, files, ...options })
    })
  examples(
    produce,
    'produce ehandel-orders orders.txt',
    'produce ehandel-orders sales/*.json --rate 50 --strict',
    'produce --sample ehandel-orders --count 1000 --seed a | terrace produce ehandel-orders -',
  )
}

function formatsHelp(): string {
  return `\nFormats: ${formatNames().join(', ')}\n`
}

async function requireFormat(name: string): Promise<Format> {
  const found = await findFormat(name)
  if (found !== null) return found
  const known = formatNames()
  const [hint] = suggestion(name, known, '').split(' All:')
  throw new UsageError(`There is no format "${name}". ${hint}\nFormats: ${known.join(', ')}.`)
}

/** `--sample FORMAT` and `FORMAT --sample` mean the same. */
function sampledFormat(
  formatName: string | undefined,
  files: readonly string[],
  { sample, rate, timestamp, strict }: ProduceOptions,
): string {
  const named = [sample, formatName].filter((name) => typeof name === 'string')
  if (named.length === 1 && files.length === 0 && !strict && !rate && !timestamp) return named[0]!
  throw new UsageError(
    'A sample is written and not sent: --sample takes one format, --count and --seed, and no file. ' +
      'To send it: terrace produce --sample FORMAT --count 100 | terrace produce FORMAT -',
  )
}

function checkCall(
  formatName: string,
  format: Format,
  files: readonly string[],
  { timestamp, count, seed }: ProduceOptions,
): void {
  if (files.length === 0) {
    throw new UsageError(
      `Which files? Name at least one, such as terrace produce ${formatName} FILE; - reads standard input.`,
    )
  }
  if (count !== undefined || seed !== undefined) {
    throw new UsageError('--count and --seed belong to a sample: add --sample, or leave them out.')
  }
  if (timestamp !== undefined && !format.takesTimestamp) {
    throw new UsageError(
      `Format ${formatName} takes no --timestamp: its records have times of their own. Leave it out.`,
    )
  }
  if (files.filter((name) => name === STANDARD_INPUT).length > 1) {
    throw new UsageError('Standard input can be read once: name - one time only.')
  }
  const problems = files.map(problemOfInput).filter((problem) => problem !== null)
  if (problems.length > 0) {
    throw new CommandError([...problems, 'Nothing was sent.'].join('\n'))
  }
}
