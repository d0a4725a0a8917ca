// Sends files one after the other, tells what is bad while it goes, and the control totals at its end.

import { aborted, listenForStop } from '../../connections/engines/index.ts'
import { type OutputFormat, printRows, type Row } from '../../orchestrator/cli/commands.ts'
import { counted } from '../../orchestrator/counted.ts'
import type { FileRecord } from '../produce/reading/format.ts'
import { STANDARD_INPUT } from '../produce/sending/open-input.ts'
import { createPace } from '../produce/sending/pace.ts'
import { type ProducedFile, produceFile, type SentFile } from '../produce/sending/produce-file.ts'
import { moneyText } from '../produce/sending/produced-files.ts'
import { visible } from './bytes-for-eyes.ts'
import { withSender } from './with-sender.ts'

export interface SendCall {
  file: Omit<ProducedFile, 'name'>
  files: readonly string[]
  rate?: number
  strict: boolean
  output: OutputFormat
}

const COLUMNS = ['file', 'sent', 'counted', 'repeated', 'conflicts', 'bad', 'not_sent', 'orders']
const MAX_TOLD = 20
const MAX_PROBLEM = 200

export async function sendFiles(call: SendCall): Promise<void> {
  const stop = listenForStop()
  // A second Ctrl-C does not wait for the batch that is in flight.
  void aborted(stop.urged).then(() => stop.die())
  const told = { bad: 0 }
  const rows: Row[] = []
  let hasProblem = false
  try {
    await withSender(async (sender) => {
      const pace = createPace(call.rate ?? null)
      for (const name of call.files) {
        const shown = name === STANDARD_INPUT ? 'standard input' : name
        const progress = createProgress(shown)
        const sent = await produceFile(
          sender,
          { name, ...call.file },
          {
            rate: call.rate ?? null,
            pace,
            isStrict: call.strict,
            signal: stop.asked,
            onBad(record, isSent) {
              progress.clear()
              tellBad(shown, record, isSent, told)
            },
            onProgress: progress.show,
          },
        )
        progress.clear()
        rows.push(rowOf(shown, sent))
        tellEnd(shown, call.file.formatName, sent)
        hasProblem ||= sent.stop !== null || sent.totals.bad + sent.totals.unsent > 0
        if (sent.stop !== null) return
      }
    })
  } finally {
    stop.release()
  }
  if (told.bad > MAX_TOLD) say(`… and ${counted(told.bad - MAX_TOLD, 'more bad record')}.`)
  const left = call.files.length - rows.length
  if (left > 0) say(`Not begun: ${call.files.slice(rows.length).join(', ')}.`)
  await printTotals(rows, call.output)
  if (hasProblem || left > 0) process.exitCode = 1
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function tellBad(file: string, record: FileRecord, isSent: boolean, told: { bad: number }): void {
  told.bad += 1
  if (told.bad > MAX_TOLD) return
  const problem = visible(record.problem ?? '')
    .replaceAll('\n', '\\n')
    .slice(0, MAX_PROBLEM)
  const what = isSent ? 'It is sent as it stands, for quarantine.' : 'It is not sent.'
  say(`${file}:${record.line}: ${problem}. ${what}`)
}

function tellEnd(file: string, formatName: string, sent: SentFile): void {
  const { totals, stop, lastLine, sentBefore } = sent
  if (stop === null) {
    if (totals.sent + totals.unsent === 0) say(`${file} holds no records: nothing was sent.`)
    if (sentBefore !== null) {
      say(
        `${file} holds the same bytes as ${sentBefore.file_name}, which was sent at ` +
          `${sentBefore.ended_at.toISOString()}: it counts once.`,
      )
    }
    return
  }
  const how = {
    strict: 'Stopped at the first bad record (--strict)',
    signal: 'Stopped by a signal',
    failure: 'Stopped by a failure',
  }[stop.why]
  const upTo = lastLine > 0 ? `, the last of them on line ${lastLine}` : ''
  if (stop.why === 'failure') say(`${file}: ${messageOf(stop.error)}`)
  say(
    `${how}: ${counted(totals.sent, 'record')} of ${file} sent${upTo}. ` +
      `To go on: terrace produce ${formatName} ${file === 'standard input' ? '-' : file}. What was sent counts once.`,
  )
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

function rowOf(file: string, { totals }: SentFile): Row {
  const { sent, counted: first, repeated, conflicts, bad, unsent, orders } = totals
  const row = { file, sent, counted: first, repeated, conflicts, bad, not_sent: unsent, orders }
  return { ...row, units: totals.units.toString(), money: moneyText(totals) }
}

async function printTotals(rows: readonly Row[], output: OutputFormat): Promise<void> {
  const columns = [...COLUMNS, 'units', 'money']
  if (output === 'json' || output === 'yaml') return printRows(rows, output, columns)
  const forEyes = rows.map((row) => ({
    ...row,
    money: Object.entries(row.money as Record<string, string>)
      .map(([currency, amount]) => `${amount} ${currency}`)
      .join(', '),
  }))
  await printRows(forEyes, output, columns, 'Nothing was sent.')
}

/** One line that is written over, on a terminal alone. */
function createProgress(file: string) {
  const startedAt = performance.now()
  let isShown = false
  let nextAt = 0
  const clear = () => {
    if (isShown) process.stderr.write('\r\x1b[K')
    isShown = false
  }
  return {
    clear,
    show(countSent: number, share: number | null) {
      const now = performance.now()
      if (!process.stderr.isTTY || now < nextAt) return
      nextAt = now + 200
      const perSecond = Math.round(countSent / Math.max((now - startedAt) / 1_000, 0.001))
      const percent = share === null ? '' : `, ${Math.floor(share * 100)} %`
      process.stderr.write(`\r\x1b[K${file}: ${countSent} sent, ${perSecond} a second${percent}`)
      isShown = true
    },
  }
}
