// Tells people of failures. Alerts lie in Postgres since the transaction that wrote them; a look every
// second finds what is pending and sends it as few messages, in a transaction that makes this the only
// sender. What did not reach the chat stays pending. A message whose answer is lost goes out twice:
// at least once is what is promised. No task ever waits for any of this.

import type { Pool, PoolClient } from '../../connections/postgres.ts'
import { inTransaction } from '../../connections/postgres.ts'
import {
  type Alert,
  asOnlySender,
  type Chat,
  hasPendingAlerts,
  markLogged,
  markProblem,
  markTold,
  setChat,
  takePendingAlerts,
  updateChat,
} from '../store/alerts.ts'
import type { Mask } from '../worker/secrets.ts'
import {
  backoffMs,
  type NextMessage,
  nextMessage,
  SENDING_LIMITS,
  type SendingLimits,
  waitBeforeMessage,
} from './message-plan.ts'
import type { Message } from './message-text.ts'
import { alertLine, type RenderContext, renderAlert } from './render-alert.ts'
import { renderSummary } from './render-summary.ts'
import type { Delivery, Telegram } from './telegram.ts'

export interface AlertSenderOptions {
  pool: Pool
  /** Null: alerts stand in the log and on the page. */
  chat: { telegram: Telegram; chatId: string } | null
  /** Where people reach the page, as far as that is known. */
  pageUrl: () => Promise<string | null>
  mask: Mask
  log: (line: string) => void
  limits?: Partial<SendingLimits>
  lookEveryMs?: number
  random?: () => number
}

export interface AlertSender {
  /** Looks now; resolves when it has sent what may be sent now. */
  look(): Promise<void>
  /** A message that is under way gets a moment to arrive. */
  stop(): Promise<void>
}

const STOP_GRACE_MS = 2_000
const LOGGED_AT_A_TIME = 200

export function startAlertSender(options: AlertSenderOptions): AlertSender {
  const { pool, chat, mask, log, lookEveryMs = 1_000, random = Math.random } = options
  const limits = { ...SENDING_LIMITS, ...options.limits }
  const stopping = new AbortController()
  let isChatSet = false
  let isStopped = false
  let lastProblem: string | null = null
  let failedLooks = 0
  let pausedUntil = 0
  let looking: Promise<void> | undefined

  async function lookOnce(): Promise<void> {
    if (!isChatSet) {
      await setChat(pool, chat?.chatId ?? null)
      isChatSet = true
    }
    if (!(await hasPendingAlerts(pool))) return
    if (chat === null) return writeToLog()
    const { chatId, telegram } = chat
    const context: RenderContext = { mask, pageUrl: await options.pageUrl() }
    await asOnlySender(pool, chatId, async (client, state) => {
      if (waitBeforeMessage(state, limits) > 0) return
      const pending = await takePendingAlerts(client, limits.mostAlerts)
      if (pending.length === 0) return
      const next = nextMessage(pending, state, limits)
      const { delivery, movedTo } = await deliver(telegram, state.chatId, rendered(next, context))
      await record(client, { chatId, state, next, delivery, movedTo })
    })
  }

  /** In plain text when the markup is refused, and to where the group has moved: at once, once each. */
  async function deliver(
    telegram: Telegram,
    chatId: string,
    { html, plain }: Message,
  ): Promise<{ delivery: Delivery; movedTo: string | null }> {
    let movedTo: string | null = null
    let message = { text: html, isHtml: true }
    for (;;) {
      const delivery = await telegram.send(movedTo ?? chatId, message, stopping.signal)
      if (delivery.kind === 'moved' && movedTo === null) movedTo = delivery.chatId
      else if (delivery.kind === 'unparsable' && message.isHtml)
        message = { text: plain, isHtml: false }
      else return { delivery, movedTo }
    }
  }

  async function record(
    client: PoolClient,
    sent: {
      chatId: string
      state: Chat
      next: NextMessage
      delivery: Delivery
      movedTo: string | null
    },
  ): Promise<void> {
    const { chatId, state, next, delivery, movedTo } = sent
    const alerts = alertsOf(next)
    if (delivery.kind === 'delivered') {
      await markTold(client, alerts, next.kind === 'alert' ? 'sent' : 'grouped')
      await updateChat(client, chatId, { waitMs: 0, problems: 0, movedTo, messaged: true })
      if (lastProblem !== null) log('Alerts reach Telegram again.')
      lastProblem = null
      return
    }
    const { kind, problem } = delivery
    const forGood = kind === 'refused' || kind === 'unparsable'
    await markProblem(client, alerts, problem, { forGood })
    const asked = kind === 'later' ? delivery.waitMs : null
    await updateChat(client, chatId, {
      waitMs: forGood ? 0 : (asked ?? backoffMs(state.problems, limits, random)),
      problems: forGood ? 0 : state.problems + 1,
      movedTo: kind === 'moved' ? delivery.chatId : movedTo,
      // What comes next is gathered, too: it will be refused like this one.
      messaged: forGood,
    })
    if (problem !== lastProblem)
      log(
        forGood
          ? `Telegram refused an alert, so it stands here and on the page: ${problem}`
          : `Alerts do not reach Telegram and are kept until they do: ${problem}`,
      )
    lastProblem = problem
    if (forGood) for (const alert of alerts) log(alertLine(alert, mask))
  }

  async function writeToLog(): Promise<void> {
    await inTransaction(pool, async (client) => {
      const alerts = await takePendingAlerts(client, LOGGED_AT_A_TIME)
      for (const alert of alerts) log(alertLine(alert, mask))
      await markLogged(client, alerts)
    })
  }

  function look(): Promise<void> {
    if (performance.now() < pausedUntil) return Promise.resolve()
    looking ??= lookOnce()
      .then(() => {
        failedLooks = 0
      })
      .catch((error: Error) => {
        if (!isStopped) log(`Alerts were not looked at and are tried again: ${error.message}`)
        // A message that cannot be marked as sent is sent anew, so not every second.
        pausedUntil = performance.now() + backoffMs(failedLooks++, limits, random)
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  const timer = setInterval(() => void look(), lookEveryMs)
  return {
    look,
    async stop() {
      isStopped = true
      clearInterval(timer)
      const grace = setTimeout(() => stopping.abort(), STOP_GRACE_MS)
      await looking
      clearTimeout(grace)
    },
  }
}

function rendered(next: NextMessage, context: RenderContext): Message {
  if (next.kind === 'summary') return renderSummary(next.alerts, context)
  return renderAlert(next.alert, { runFailed: next.run !== null }, context)
}

function alertsOf(next: NextMessage): readonly Alert[] {
  if (next.kind === 'summary') return next.alerts
  return next.run ? [next.alert, next.run] : [next.alert]
}
