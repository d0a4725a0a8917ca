// The Bot API through node-telegram-bot-api, and what each of its answers means for a message.
//
// The client is told not to retry: when to try again is the sender's to decide, and all schedulers have
// to know of it. The token stands in the URL of every call, so nothing that the client throws is passed
// on as it is, only what was picked out of it.

import type { Environment } from '../../connections/environment.ts'
import { boundedFetch } from '../../connections/outer-api/bounded-fetch.ts'
import { type BotAnswer, readBotAnswer } from './bot-answer.ts'
import { cutAtCharacter } from './message-text.ts'
import { fixFor } from './telegram-fix.ts'

export interface TelegramSettings {
  token: string
  /** Without a path; a stand-in in tests, or a Bot API server of one's own. */
  apiUrl: string
  timeoutMs?: number
  /** A topic of the group; without one, where messages without a topic go. */
  threadId?: number | undefined
  /** For an answer that names the time of the next try. */
  now?: () => Date
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
  threadId,
  now = () => new Date(),
}: TelegramSettings): Telegram {
  const { host } = new URL(apiUrl)
  const withoutToken = maskToken(token)
  const fetchOnce = boundedFetch({ maxBytes: LONGEST_ANSWER })
  let loaded: Promise<Client> | undefined

  return {
    async send(chatId, { text, isHtml }, signal) {
      // Loaded with the first message: most installations send none, and none at their start.
      loaded ??= import('node-telegram-bot-api')
      const client = await loaded
      let answer: BotAnswer | undefined
      // The client believes any body whose `ok` is not empty, and passes no header on.
      const readingFetch: typeof fetch = async (input, init) => {
        const response = await fetchOnce(input, init)
        const body = await response.text()
        answer = readBotAnswer(response, body, now())
        return new Response(body, { status: response.status })
      }
      const options = { apiRoot: apiUrl, timeoutMs, maxRetries: 0, fetch: readingFetch }
      const problem = await new client.Api(token, options)
        .sendMessage(
          {
            chat_id: chatId,
            text,
            ...(isHtml && { parse_mode: 'HTML' }),
            ...(threadId !== undefined && { message_thread_id: threadId }),
            link_preview_options: { is_disabled: true },
          },
          signal,
        )
        .then(
          () => null,
          (error: unknown) => error,
        )
      if (answer) return deliveryOf(answer, host, withoutToken)
      return { kind: 'later', problem: trouble(problem, client, host), waitMs: null }
    },
  }
}

/** Null when no chat is set. */
export function telegramChat(
  env: Pick<
    Environment,
    'TELEGRAM_BOT_TOKEN' | 'TELEGRAM_CHAT_ID' | 'TELEGRAM_API_URL' | 'TELEGRAM_THREAD_ID'
  >,
): { telegram: Telegram; chatId: string } | null {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chatId, TELEGRAM_API_URL: apiUrl } = env
  if (token === undefined || chatId === undefined) return null
  return { telegram: openTelegram({ token, apiUrl, threadId: env.TELEGRAM_THREAD_ID }), chatId }
}

/** Hides the token as it is, as a URL writes it, and the secret behind its colon alone. */
function maskToken(token: string): (text: string) => string {
  const [bot, secret] = token.split(':') as [string, string]
  const pattern = new RegExp(`(?:${bot}(?::|%3a))?${secret}`, 'gi')
  return (text) => text.replace(pattern, '***')
}

const NETWORK_FIX = 'Check the network, and HTTPS_PROXY and TELEGRAM_API_URL if they are set.'

function deliveryOf(
  answer: BotAnswer,
  host: string,
  withoutToken: (text: string) => string,
): Delivery {
  if (answer.kind === 'taken') return { kind: 'delivered' }
  const waitMs = answer.retryAfter === null ? null : answer.retryAfter * 1_000
  if (answer.kind === 'error') return deliveryOfError(answer, waitMs, withoutToken)
  if (answer.status >= 400) {
    const problem = `${host} answered with status ${answer.status}, and not as the Bot API does.`
    return { kind: 'later', problem: `${problem} ${NETWORK_FIX}`, waitMs }
  }
  const what =
    answer.kind === 'no_json'
      ? 'answered with something else than JSON, as a proxy or a sign-in page does'
      : 'gave an answer that is none of the Bot API'
  return { kind: 'later', problem: `${host} ${what}. ${NETWORK_FIX}`, waitMs }
}

function deliveryOfError(
  { code, description, migrateToChatId }: BotAnswer & { kind: 'error' },
  waitMs: number | null,
  withoutToken: (text: string) => string,
): Delivery {
  // Masked before it is cut: half a token is not recognised.
  const words = cutAtCharacter(withoutToken(description.toWellFormed()), LONGEST_DESCRIPTION)
  const answer = `${code} ${words}`.trim()
  if (migrateToChatId !== null) return { kind: 'moved', chatId: migrateToChatId, problem: answer }
  if (code === 429) return { kind: 'later', problem: answer, waitMs }
  if (code === 400 && /can't parse entities/i.test(words))
    return { kind: 'unparsable', problem: answer }
  const fix = fixFor(code, words)
  const problem = fix === null ? answer : `${answer}. ${fix}`
  if (code >= 400 && code < 500) return { kind: 'refused', problem }
  return { kind: 'later', problem, waitMs }
}

/** What kept the answer away. */
function trouble(error: unknown, client: Client, host: string): string {
  if (error instanceof client.TimeoutError) return `${host} did not answer in time. ${NETWORK_FIX}`
  if (error instanceof Error && error.name === 'AbortError') return 'The scheduler was stopped.'
  const isUnreached = error instanceof client.NetworkError
  return `${host} was not reached${isUnreached ? codeOf(error.cause) : ''}. ${NETWORK_FIX}`
}

/** The system's code, such as ECONNREFUSED. */
function codeOf(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? ` (${code})` : ''
}
