// alerts list, test.

import { hostname } from 'node:os'
import { type Command, Option } from 'commander'
import { loadEnvironment } from '../../connections/environment.ts'
import { alertTitle } from '../alerts/alert-title.ts'
import { messageOf } from '../alerts/message-text.ts'
import { telegramChat } from '../alerts/telegram.ts'
import { ALERT_KINDS, ALERT_STATES } from '../store/alerts.ts'
import { type AlertRow, listAlerts } from '../store/read/alerts.ts'
import { examples, integerArgument, outputOption } from './command-options.ts'
import { CommandError } from './errors.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows, sayIfCut } from './output.ts'

const COLUMNS = ['at', 'title', 'run_id', 'try_number', 'state', 'error', 'last_problem']
const LONGEST_IN_TABLE = 80

interface ListOptions {
  dagId?: string
  kind?: string[]
  state?: string[]
  limit: number
  output: OutputFormat
}

export function define(alerts: Command): void {
  defineList(alerts)
  defineTest(alerts)
  examples(alerts, 'alerts list', 'alerts test')
}

function defineList(alerts: Command): void {
  const list = alerts
    .command('list')
    .description('what failed and who was told, the latest first')
    .option('-d, --dag-id <dag_id>', 'only of this DAG')
    .addOption(new Option('--kind <kind...>', 'only of these kinds').choices(ALERT_KINDS))
    .addOption(new Option('--state <state...>', 'only in these states').choices(ALERT_STATES))
    .option('--limit <n>', 'at most this many', integerArgument(1, 10_000), 100)
    .addOption(outputOption())
    .action(async ({ dagId, kind, state, limit, output }: ListOptions) => {
      await withMetadata(async (pool) => {
        const filter = { dagId, kinds: kind, states: state }
        const { rows, total } = await listAlerts(pool, filter, { limit, offset: 0 })
        const isForEyes = output === 'table' || output === 'plain'
        await printRows(
          rows.map((row) => (isForEyes ? shortRecord(row) : fullRecord(row))),
          output,
          isForEyes ? COLUMNS : undefined,
          'Nothing has failed.',
        )
        sayIfCut(rows.length, total, 'See more with --limit, or fewer with -d, --kind and --state.')
      })
    })
  examples(list, 'alerts list', 'alerts list --state pending failed', 'alerts list -d D -o json')
}

function defineTest(alerts: Command): void {
  const test = alerts
    .command('test')
    .description('send a message to the chat that is set, and say what became of it')
    .action(async () => {
      const chat = telegramChat(loadEnvironment())
      if (chat === null)
        throw new CommandError(
          'No chat is set, so alerts stand in the log of the scheduler and on the page. For Telegram ' +
            'set TELEGRAM_BOT_TOKEN (ask @BotFather for one) and TELEGRAM_CHAT_ID, here and for the ' +
            'scheduler.',
        )
      process.stdout.write(`${await sendTest(chat)}\n`)
    })
  examples(test, 'alerts test')
}

async function sendTest({
  telegram,
  chatId,
}: NonNullable<ReturnType<typeof telegramChat>>): Promise<string> {
  const { html } = messageOf([
    { tag: 'b', text: 'This is a test of alerts' },
    `\nTerrace on ${hostname()} will tell of failures in this chat.`,
  ])
  const message = { text: html, isHtml: true }
  let delivery = await telegram.send(chatId, message)
  let reached = chatId
  let advice = ''
  if (delivery.kind === 'moved') {
    reached = delivery.chatId
    advice = ` The group was made a supergroup: set TELEGRAM_CHAT_ID to ${reached}.`
    delivery = await telegram.send(reached, message)
  }
  if (delivery.kind === 'delivered') return `The message reached chat ${reached}.${advice}`
  throw new CommandError(`Telegram did not take the message: ${delivery.problem}${advice}`)
}

function shortRecord(row: AlertRow) {
  const firstLine = row.error.split('\n', 1)[0]!
  return {
    at: row.at,
    title: alertTitle(row),
    run_id: row.runId,
    try_number: row.tryNumber,
    state: row.state,
    error: firstLine.slice(0, LONGEST_IN_TABLE).toWellFormed(),
    last_problem: row.lastProblem,
  }
}

function fullRecord(row: AlertRow) {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    code: row.code,
    title: alertTitle(row),
    dag_id: row.dagId,
    run_id: row.runId,
    task_id: row.taskId,
    map_index: row.mapIndex,
    try_number: row.tryNumber,
    file_path: row.filePath,
    error: row.error,
    state: row.state,
    attempts: row.attempts,
    last_problem: row.lastProblem,
    sent_at: row.sentAt,
  }
}
