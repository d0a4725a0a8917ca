// One failure in full: as a message, and as a line of the scheduler's log.

import type { Alert } from '../store/alerts.ts'
import type { Mask } from '../worker/secrets.ts'
import { alertTitle } from './alert-title.ts'
import {
  LONGEST_MESSAGE,
  lengthOf,
  type Message,
  messageOf,
  type Piece,
  shown,
  shownOnOneLine,
} from './message-text.ts'
import { commandFor, linkTo } from './what-to-do.ts'

export interface RenderContext {
  mask: Mask
  /** Where people reach the page; null when no web server runs. */
  pageUrl: string | null
}

const LONGEST_NAME = 300
const LONGEST_COMMAND = 900
const LONGEST_IN_LOG = 200

/** `runFailed`: the run ended with it, which needs no message of its own. */
export function renderAlert(
  alert: Alert,
  { runFailed }: { runFailed: boolean },
  { mask, pageUrl }: RenderContext,
): Message {
  const name = (text: string) => shownOnOneLine(text, mask, LONGEST_NAME)
  const command = commandFor(alert)
  const link = linkTo(pageUrl, alert)
  const before: Piece[] = [{ tag: 'b', text: name(alertTitle(alert)) }, '\n']
  for (const [label, value] of factsOf(alert))
    if (value !== null) before.push(`${label}: ${name(value)}\n`)
  const after: Piece[] = [
    '\n',
    runFailed ? 'The run failed with it.\n' : '',
    `${command.purpose}: `,
    { tag: 'code', text: shown(command.line, mask, LONGEST_COMMAND) },
    link === null ? '' : `\n${link}`,
  ]
  const room = LONGEST_MESSAGE - lengthOf([...before, ...after])
  const error: Piece = { tag: 'pre', text: shown(alert.error.trim() || 'No message.', mask, room) }
  return messageOf([...before, error, ...after])
}

function factsOf(alert: Alert): [label: string, value: string | null][] {
  return [
    ['DAG', alert.dagId],
    ['Run', alert.runId],
    ['Task', alert.taskId],
    ['Mapped', alert.mapIndex !== null && alert.mapIndex >= 0 ? String(alert.mapIndex) : null],
    ['Attempt', alert.tryNumber === null ? null : String(alert.tryNumber)],
    ['At', timeText(alert.at)],
    ['Reason', alert.code === 'error' ? null : (alert.code?.replaceAll('_', ' ') ?? null)],
  ]
}

/** On one line, with what runs it again. */
export function alertLine(alert: Alert, mask: Mask): string {
  const { runId, tryNumber, error } = alert
  const run = runId === null ? '' : ` in run ${runId}`
  const attempt = tryNumber === null ? '' : ` (try ${tryNumber})`
  const reason = shownOnOneLine(
    error.trim().split('\n', 1)[0] || 'no message',
    mask,
    LONGEST_IN_LOG,
  )
  const line = mask(commandFor(alert).line)
  return `Alert: ${mask(alertTitle(alert) + run)}${attempt}: ${reason} · ${line}`
}

/** Such as `2026-03-01 06:30:00 UTC`. */
export function timeText(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
