// When the next message goes out and what it tells: pure. The first failure after a quiet time is told
// at once and in full; what comes while its window is open waits for the end of it, and is summed up.

import type { Alert, Chat } from '../store/alerts.ts'

export interface SendingLimits {
  /** After a message, failures are gathered for so long. */
  windowMs: number
  /** Between two messages, whatever happens: the Bot API takes about one a second to a chat … */
  chatGapMs: number
  /** … and twenty a minute to a group. */
  groupGapMs: number
  /** After a try that failed; doubled with each one more, up to the longest. */
  firstBackoffMs: number
  longestBackoffMs: number
  /** Alerts in one message at most. */
  mostAlerts: number
}

export const SENDING_LIMITS: SendingLimits = {
  windowMs: 30_000,
  chatGapMs: 1_000,
  groupGapMs: 3_000,
  firstBackoffMs: 1_000,
  longestBackoffMs: 60_000,
  mostAlerts: 500,
}

/** How long from now no message may be sent. */
export function waitBeforeMessage(chat: Chat, limits: SendingLimits): number {
  const { notBefore, messagedAt, now } = chat
  const nextAt = Math.max(
    notBefore?.getTime() ?? 0,
    messagedAt ? messagedAt.getTime() + gatheringMs(chat, limits) : 0,
  )
  return Math.max(nextAt - now.getTime(), 0)
}

export type NextMessage =
  /** One failure in full; with the run's, when the run failed with it. */
  { kind: 'alert'; alert: Alert; run: Alert | null } | { kind: 'summary'; alerts: readonly Alert[] }

/** `pending`: one at least, oldest first. */
export function nextMessage(
  pending: readonly Alert[],
  chat: Chat,
  limits: SendingLimits,
): NextMessage {
  const [alert] = pending as [Alert, ...Alert[]]
  const run = pending.find(isRunOf(alert)) ?? null
  const isAll = pending.length === (run ? 2 : 1)
  const wasGathered =
    chat.messagedAt !== null &&
    alert.at.getTime() < chat.messagedAt.getTime() + gatheringMs(chat, limits)
  if (isAll || !wasGathered) return { kind: 'alert', alert, run }
  return { kind: 'summary', alerts: pending }
}

/** Half of it is random, so that what failed together is not tried together again. */
export function backoffMs(problems: number, limits: SendingLimits, random: () => number): number {
  const full = Math.min(
    limits.firstBackoffMs * 2 ** Math.min(problems, 30),
    limits.longestBackoffMs,
  )
  return full * (0.5 + random() / 2)
}

/** What failed, each once: a run that failed because of a task which stands here too is left out. */
export function failuresOf(alerts: readonly Alert[]): Alert[] {
  const runOf = ({ dagId, runId }: Alert) => JSON.stringify([dagId, runId])
  const withTask = new Set(alerts.filter(isTask).map(runOf))
  return alerts.filter((alert) => !(endedWithTask(alert) && withTask.has(runOf(alert))))
}

function isRunOf(alert: Alert): (other: Alert) => boolean {
  return (other) =>
    isTask(alert) &&
    endedWithTask(other) &&
    other.dagId === alert.dagId &&
    other.runId === alert.runId
}

function isTask({ kind }: Alert): boolean {
  return kind === 'task_failed' || kind === 'data_check_failed'
}

/** With a code the run ended for another reason, such as its time limit, which must be told. */
function endedWithTask({ kind, code }: Alert): boolean {
  return kind === 'run_failed' && code === null
}

/** After a message: the window, and no less than the chat's gap. */
function gatheringMs({ chatId }: Chat, limits: SendingLimits): number {
  return Math.max(limits.windowMs, isGroup(chatId) ? limits.groupGapMs : limits.chatGapMs)
}

/** Channels, which are named with `@`, are limited like groups. */
function isGroup(chatId: string): boolean {
  return chatId.startsWith('-') || chatId.startsWith('@')
}
