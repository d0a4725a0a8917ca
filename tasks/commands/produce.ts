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
  source?: string
  topic?: string
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
    .option('--source <name>', 'source of the records, for a format of no source of its own')
    .option('--topic <name>', 'where they go, for a source that sends to several topics')
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
        const { sample } = await requireFormat(name)
        if (sample !== null) return writeSample(sample(count, seed))
        throw new UsageError(`Format ${name} has no sample: what it holds depends on the source.`)
      }
      if (formatName === undefined) {
        throw new UsageError(`Which format? Formats: ${formatNames().join(', ')}.`)
      }
      const format = await requireFormat(formatName)
      checkCall(formatName, format, files, options)
      const { source, target, known } = await placeOf(formatName, format, options)
      const { timestamp = null } = options
      const read = (bytes: AsyncIterable<Buffer>) =>
        format.read(bytes, { timestamp, now: new Date(), ...(known && { source: known }) })
      await sendFiles({ file: { formatName, source, target, read }, files, ...options })
    })
  examples(
    produce,
    'produce ehandel-orders orders.txt',
    'produce ehandel-orders sales/*.json --rate 50 --strict',
    'produce json --source my_shop orders.json',
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

/** Which source the records are of, and where they go. */
async function placeOf(formatName: string, format: Format, options: ProduceOptions) {
  const { source, topic } = options
  if (format.source !== null && format.target !== null) {
    if (source === undefined && topic === undefined) {
      return { source: format.source, target: format.target, known: null }
    }
    throw new UsageError(
      `Format ${formatName} is of source ${format.source} and has its place: leave --source and --topic out.`,
    )
  }
  const { findSource, knownSources } = await import('../messages/adapters.ts')
  const known = source === undefined ? undefined : findSource(source)
  if (source === undefined || known === undefined) {
    const what = source === undefined ? 'Of which source?' : `No adapter reads source "${source}".`
    throw new UsageError(
      `${what} Name one with --source: ${knownSources().join(', ')}. An adapter is a file of tasks/sources, or of ` +
        'the folder that SHOP_SOURCES names.',
    )
  }
  const { topics } = known.rules
  const to = topic ?? (topics.length === 1 ? topics[0] : undefined)
  if (to === undefined || !topics.includes(to)) {
    throw new UsageError(`Source ${source} sends to ${topics.join(', ')}: name one with --topic.`)
  }
  return { source, target: { topic: to }, known }
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
