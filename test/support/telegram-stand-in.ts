// A server that answers `sendMessage` as the Bot API does, with its checks of token, chat, markup and
// length; and, when told to, as it does on a bad day.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const TOKEN = '123456789:AAstand-in_token_of_the_tests'

export interface TakenMessage {
  chatId: string
  /** As people read it. */
  text: string
  isHtml: boolean
  /** The topic it was sent to. */
  threadId: string | null
  at: number
}

export type Answer =
  | Reply
  /** The connection stays open, without an answer or in the middle of one. */
  | 'hang'
  | 'drip'
  | 'cut'

export type Reply = { status: number; headers?: Record<string, string> } & (
  | { body: unknown }
  | { html: string }
)

export interface TelegramStandIn {
  readonly url: string
  readonly messages: readonly TakenMessage[]
  /** All calls, refused ones too. */
  readonly calls: number
  /** Chats that it knows. */
  readonly chats: Set<string>
  /** Gives these answers first, one a call, whatever is sent. */
  answer(...answers: Answer[]): void
  /** Refuses connections, on the same port until it is up again. */
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

export function apiError(code: number, description: string, parameters?: object): Reply {
  const body = { ok: false, error_code: code, description, ...(parameters && { parameters }) }
  return { status: code, body }
}

export async function telegramStandIn(chatId: string): Promise<TelegramStandIn> {
  const messages: TakenMessage[] = []
  const chats = new Set([chatId])
  const answers: Answer[] = []
  let calls = 0
  let server: Server
  let port = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    calls += 1
    const fields = await fieldsOf(request)
    const answer = answers.shift() ?? judge(request.url ?? '', fields)
    if (answer === 'hang') return
    if (answer === 'drip' || answer === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"ok":tr')
      if (answer === 'cut') setImmediate(() => response.destroy())
      return
    }
    const isJson = 'body' in answer
    response.writeHead(answer.status, {
      'content-type': isJson ? 'application/json' : 'text/html',
      ...answer.headers,
    })
    response.end(isJson ? JSON.stringify(answer.body) : answer.html)
  }

  function judge(path: string, fields: Map<string, string>): Reply {
    if (path !== `/bot${TOKEN}/sendMessage`) return apiError(401, 'Unauthorized')
    const chat = fields.get('chat_id') ?? ''
    if (!chats.has(chat)) return apiError(400, 'Bad Request: chat not found')
    const isHtml = fields.get('parse_mode') === 'HTML'
    const sent = fields.get('text') ?? ''
    const parsed = isHtml ? parseHtml(sent) : { text: sent }
    if ('problem' in parsed)
      return apiError(400, `Bad Request: can't parse entities: ${parsed.problem}`)
    const text = parsed.text.trim()
    if (text === '') return apiError(400, 'Bad Request: message text is empty')
    if (text.length > 4_096) return apiError(400, 'Bad Request: message is too long')
    const threadId = fields.get('message_thread_id') ?? null
    messages.push({ chatId: chat, text, isHtml, threadId, at: performance.now() })
    return { status: 200, body: { ok: true, result: { message_id: messages.length } } }
  }

  async function up(): Promise<void> {
    server = createServer((request, response) => void handle(request, response))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    port = (server.address() as AddressInfo).port
  }

  async function down(): Promise<void> {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  await up()
  return {
    url: `http://127.0.0.1:${port}`,
    messages,
    get calls() {
      return calls
    },
    chats,
    answer: (...more) => void answers.push(...more),
    down,
    up,
    close: down,
  }
}

async function fieldsOf(request: IncomingMessage): Promise<Map<string, string>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString('utf8')
  if (!request.headers['content-type']?.includes('json')) return new Map(new URLSearchParams(body))
  return new Map(Object.entries(JSON.parse(body) as Record<string, string>))
}

const TAGS = new Set(['b', 'strong', 'i', 'em', 'u', 's', 'code', 'pre', 'a'])
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** As strict as the Bot API: every `<` opens or closes a tag that it knows. */
function parseHtml(html: string): { text: string } | { problem: string } {
  const open: string[] = []
  let text = ''
  for (let at = 0; at < html.length; ) {
    const rest = html.slice(at, at + 2_000)
    if (rest[0] === '<') {
      const tag = /^<(\/?)([a-z]+)(?:\s[^<>]*)?>/i.exec(rest)
      if (!tag || !TAGS.has(tag[2]!))
        return { problem: `Unsupported start tag at byte offset ${at}` }
      if (!tag[1]) open.push(tag[2]!)
      else if (open.pop() !== tag[2]) return { problem: `Unmatched end tag at byte offset ${at}` }
      at += tag[0].length
      continue
    }
    const entity = /^&(lt|gt|amp|quot);/.exec(rest)
    text += entity ? ENTITIES[entity[1]!] : html[at]
    at += entity ? entity[0].length : 1
  }
  return open.length > 0 ? { problem: `Can't find end tag for ${open.at(-1)}` } : { text }
}
