// quarantine list: how many messages wait, by reason, then the messages themselves.

import {
  type Command,
  dateArgument,
  examples,
  integerArgument,
  type OutputFormat,
  outputOption,
  printRecord,
  printRows,
} from '../../orchestrator/cli/commands.ts'
import {
  countReasons,
  type ListedMessage,
  type ListFilter,
  listMessages,
} from '../quarantine/read-quarantine.ts'
import { visible } from './bytes-for-eyes.ts'
import { reasonArgument } from './reason-argument.ts'
import { withQuarantine } from './with-quarantine.ts'

interface ListOptions extends ListFilter {
  limit: number
  replayed: boolean
  output: OutputFormat
}

const REASON_COLUMNS = ['reason', 'waiting', 'replayed', 'last_at']
const MESSAGE_COLUMNS = ['topic', 'partition', 'offset', 'event_id', 'reason', 'detail']
const MAX_DETAIL = 100

export function defineQuarantineList(quarantine: Command): void {
  const list = quarantine
    .command('list')
    .description('counts by reason, then the messages, the newest first')
    .option('--reason <reason>', 'only messages that were refused for this', reasonArgument)
    .option('--topic <topic>', 'only messages of this topic')
    .option('--since <date>', 'only messages that were refused since', dateArgument)
    .option('--limit <n>', 'show so many messages at most', integerArgument(1, 10_000), 20)
    .option('--replayed', 'also messages that were replayed', false)
    .addOption(outputOption())
    .action(async ({ limit, replayed, output, ...filter }: ListOptions) => {
      const { reasons, messages } = await withQuarantine(async (pool) => ({
        reasons: await countReasons(pool, filter),
        messages: await listMessages(pool, { ...filter, withReplayed: replayed, limit }),
      }))
      if (output === 'json' || output === 'yaml') return printRecord({ reasons, messages }, output)
      const isFiltered = Object.values(filter).some((value) => value !== undefined)
      const nothing = isFiltered ? 'No message like that is in quarantine.' : 'Quarantine is empty.'
      await printRows(reasons, output, REASON_COLUMNS, nothing)
      if (messages.length === 0) return
      process.stdout.write('\n')
      const columns = replayed ? [...MESSAGE_COLUMNS, 'replayed_at'] : MESSAGE_COLUMNS
      await printRows(messages.map(forEyes), output, columns)
    })
  examples(
    list,
    'quarantine list',
    'quarantine list --reason negative_price --since 2026-03-01 --limit 100',
    'quarantine list --topic user_events -o json',
  )
}

function forEyes(message: ListedMessage) {
  const { event_id, detail } = message
  const short = detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL)}…` : detail
  return { ...message, event_id: event_id && visible(event_id), detail: visible(short) }
}
