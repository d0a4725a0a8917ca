// The Bot API through node-telegram-bot-api, and what each of its answers means for a message.
//
// The client is told not to retry: when to try again is the sender's to decide, and all schedulers have
// to know of it. The token stands in the URL of every call, so nothing that the client throws is passed
// on as it is, only what was picked out of it.

import type { Api } from 'node-telegram-bot-api'
import type { Environment } from '../../connections/environment.ts'
import { fixFor } from './telegram-fix.ts'

export interface TelegramSettings {
  token: string
  /** Without a path; a stand-in in tests, or a Bot API server of one's own. */
  apiUrl: string
  timeoutMs?: number
}

export interface OutgoingMessage {
  text: string
  isHtml: boolean
}

/** What became of a message. `problem` names the answer and how to mend it. */
export type Delivery =
  | { kind: 'delivered' }
  /** Another try may succeed: after `waitMs`, when the answer says so. */
  | { kind: 'later'; problem: string; waitMs: number | null }
  /** Every other try would be refused as well. */
  | { kind: 'refused'; problem: string }
  /** The markup was not understood. */
  | { kind: 'unparsable'; problem: string }
  /** The group became a supergroup. */
  | { kind: 'moved'; chatId: string; problem: string }

export interface Telegram {
  /** Never throws. */
  send(chatId: string, message: OutgoingMessage, signal?: AbortSignal): Promise<Delivery>
}

type Client = typeof import('node-telegram-bot-api')

const TIMEOUT_MS = 10_000
const LONGEST_ANSWER = 64 * 1024
const LONGEST_DESCRIPTION = 300

export function openTelegram({
  token,
  apiUrl,
  timeoutMs = TIMEOUT_MS,
}: TelegramSettings): Telegram {
  let opened: Promise<{ api: Api; client: Client }> | undefined
  // Loaded with the first message: most installations send none, and none at their start.
  const open = async () => {
    const client = await import('node-telegram-bot-api')
    const options = { apiRoot: apiUrl, timeoutMs, maxRetries: 0, fetch: fetchCarefully }
    return { client, api: new client.Api(token, options) }
  }

  return {
    async send(chatId, { text, isHtml }, signal) {
      opened ??= open()
      const { api, client } = await opened
      try {
        await api.sendMessage(
          {
            chat_id: chatId,
            text,
            ...(isHtml && { parse_mode: 'HTML' }),
            link_preview_options: { is_disabled: true },
          },
          signal,
        )
        return { kind: 'delivered' }
      } catch (error) {
        const delivery = deliveryOf(error, client, new URL(apiUrl).host)
        if (delivery.kind === 'delivered') return delivery
        return { ...delivery, problem: delivery.problem.replaceAll(token, '***') }
      }
    },
  }
}

/** Null when no chat is set. */
export function telegramChat(
  env: Pick<Environment, 'TELEGRAM_BOT_TOKEN' | 'TELEGRAM_CHAT_ID' | 'TELEGRAM_API_URL'>,
): { telegram: Telegram; chatId: string } | null {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chatId, TELEGRAM_API_URL: apiUrl } = env
  if (token === undefined || chatId === undefined) return null
  return { telegram: openTelegram({ token, apiUrl }), chatId }
}

function deliveryOf(error: unknown, client: Client, host: string): Delivery {
  if (error instanceof client.TelegramApiError && Number.isInteger(error.errorCode)) {
    return deliveryOfAnswer(error)
  }
  return { kind: 'later', problem: trouble(error, client, host), waitMs: null }
}

function deliveryOfAnswer(error: InstanceType<Client['TelegramApiError']>): Delivery {
  const { errorCode, retryAfter, migrateToChatId } = error
  const description = String(error.description ?? '').slice(0, LONGEST_DESCRIPTION)
  const answer = `${errorCode} ${description}`.trim()
  if (migrateToChatId !== undefined)
    return { kind: 'moved', chatId: String(migrateToChatId), problem: answer }
  if (errorCode === 429)
    return { kind: 'later', problem: answer, waitMs: retryAfter ? retryAfter * 1_000 : null }
  if (errorCode === 400 && /can't parse entities/i.test(description))
    return { kind: 'unparsable', problem: answer }
  const fix = fixFor(errorCode, description)
  const problem = fix === null ? answer : `${answer}. ${fix}`
  if (errorCode >= 400 && errorCode < 500) return { kind: 'refused', problem }
  return { kind: 'later', problem, waitMs: null }
}

/** What kept the answer away, or what was wrong with it. */
function trouble(error: unknown, client: Client, host: string): string {
  const fix = 'Check the network, and TELEGRAM_API_URL if it is set.'
  if (error instanceof client.TimeoutError) return `${host} did not answer in time. ${fix}`
  if (error instanceof client.ParseError)
    return `${host} answered with something else than JSON, as a proxy or a sign-in page does. ${fix}`
  if (error instanceof client.NetworkError) {
    const status = /^Server error (\d+)/.exec(error.message)?.[1]
    if (status) return `${host} answered with status ${status}. It is tried again.`
    return `${host} was not reached${codeOf(error.cause)}. ${fix}`
  }
  if (error instanceof Error && error.name === 'AbortError') return 'The scheduler was stopped.'
  return `${host} gave an answer that is none of the Bot API. ${fix}`
}

/** The system's code, such as ECONNREFUSED: the innermost cause has it. */
function codeOf(cause: unknown): string {
  for (let error = cause; error instanceof Error; error = error.cause) {
    const inner = error instanceof AggregateError ? error.errors[0] : error
    const code: unknown = inner instanceof Error && 'code' in inner ? inner.code : undefined
    if (typeof code === 'string') return ` (${code})`
  }
  return ''
}

/** No redirect is followed, as it would carry the token along, and no answer is read without end. */
const fetchCarefully: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'error' })
  let length = 0
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.length
      if (length > LONGEST_ANSWER) controller.error(new Error('The answer is too long'))
      else controller.enqueue(chunk)
    },
  })
  return new Response(response.body?.pipeThrough(limit) ?? null, { status: response.status })
}
