// Each answer of the Bot API, and none, through the real client: what it means for the message, and
// that the token stands in nothing that is passed on.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTelegram, type Telegram } from '../../orchestrator/alerts/telegram.ts'
import {
  type Answer,
  apiError,
  type TelegramStandIn,
  TOKEN,
  telegramStandIn,
} from '../support/telegram-stand-in.ts'

const CHAT = '-1001'
const MESSAGE = { text: '<b>hello</b> &amp; all', isHtml: true }

let standIn: TelegramStandIn
let telegram: Telegram
beforeAll(async () => {
  standIn = await telegramStandIn(CHAT)
})
afterAll(() => standIn.close())
beforeEach(() => {
  telegram = openTelegram({ token: TOKEN, apiUrl: standIn.url, timeoutMs: 1_500 })
})

test('a message arrives as people read it', async () => {
  expect(await telegram.send(CHAT, MESSAGE)).toEqual({ kind: 'delivered' })
  expect(standIn.messages.at(-1)).toMatchObject({ chatId: CHAT, text: 'hello & all', isHtml: true })
  await telegram.send(CHAT, { text: 'a <b', isHtml: false })
  expect(standIn.messages.at(-1)).toMatchObject({ text: 'a <b', isHtml: false })
})

describe('a message', () => {
  test.each<[string, Answer, object]>([
    [
      '429 with its time',
      apiError(429, 'Too Many Requests: retry after 34', { retry_after: 34 }),
      { kind: 'later', waitMs: 34_000 },
    ],
    ['429 without one', apiError(429, 'Too Many Requests'), { kind: 'later', waitMs: null }],
    [
      '429 with its time in the header alone',
      { ...apiError(429, 'Too Many Requests'), headers: { 'retry-after': '7' } },
      { kind: 'later', waitMs: 7_000 },
    ],
    [
      '429 of a proxy, in HTML',
      { status: 429, html: '<h1>Slow down</h1>', headers: { 'retry-after': '8' } },
      { kind: 'later', waitMs: 8_000, problem: expect.stringContaining('status 429') },
    ],
    [
      '503 with a time',
      { status: 503, html: '', headers: { 'retry-after': '9' } },
      { kind: 'later', waitMs: 9_000 },
    ],
    [
      'a time of millions of years',
      apiError(429, 'Too Many Requests', { retry_after: 1e15 }),
      { kind: 'later', waitMs: 3_600_000 },
    ],
    [
      'a time that is none',
      apiError(429, 'Too Many Requests', { retry_after: -5 }),
      { kind: 'later', waitMs: null },
    ],
    [
      'ok as text',
      { status: 200, body: { ok: 'true', result: { message_id: 1 } } },
      { kind: 'later', problem: expect.stringContaining('none of the Bot API') },
    ],
    ['ok without a message', { status: 200, body: { ok: true } }, { kind: 'later' }],
    [
      'ok beside the status of an error',
      { status: 502, body: { ok: true, result: { message_id: 1 } } },
      { kind: 'later' },
    ],
    [
      'a chat to move to that is no number',
      apiError(400, 'Bad Request: upgraded', { migrate_to_chat_id: { id: 7 } }),
      { kind: 'refused', problem: '400 Bad Request: upgraded' },
    ],
    ['a code as text', { status: 400, body: { ok: false, error_code: '403' } }, { kind: 'later' }],
    [
      'a topic that it does not know',
      apiError(400, 'Bad Request: message thread not found'),
      { kind: 'refused', problem: expect.stringContaining('TELEGRAM_THREAD_ID') },
    ],
    [
      'markup that it cannot read',
      apiError(400, `Bad Request: can't parse entities: Unsupported start tag "x"`),
      { kind: 'unparsable' },
    ],
    [
      'a chat that it does not know',
      apiError(400, 'Bad Request: chat not found'),
      {
        kind: 'refused',
        problem: expect.stringMatching(
          /^400 Bad Request: chat not found\. Write to the bot first.*TELEGRAM_CHAT_ID/,
        ),
      },
    ],
    [
      'its length',
      apiError(400, 'Bad Request: message is too long'),
      { kind: 'refused', problem: '400 Bad Request: message is too long' },
    ],
    [
      'a token that was revoked',
      apiError(401, 'Unauthorized'),
      { kind: 'refused', problem: expect.stringContaining('@BotFather') },
    ],
    [
      'a bot that was blocked',
      apiError(403, 'Forbidden: bot was blocked by the user'),
      { kind: 'refused', problem: expect.stringContaining('Unblock the bot') },
    ],
    ['a token that never was', apiError(404, 'Not Found'), { kind: 'refused' }],
    [
      'a group that moved',
      apiError(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: -1009876543210,
      }),
      { kind: 'moved', chatId: '-1009876543210' },
    ],
    [
      'trouble of its own',
      apiError(502, 'Bad Gateway'),
      { kind: 'later', waitMs: null, problem: '502 Bad Gateway' },
    ],
    [
      'a status alone',
      { status: 503, html: '<h1>503</h1>' },
      { kind: 'later', problem: expect.stringContaining('status 503') },
    ],
    [
      'a page instead of JSON',
      { status: 200, html: '<html>Sign in</html>' },
      { kind: 'later', problem: expect.stringContaining('something else than JSON') },
    ],
    ['nothing', { status: 200, body: null }, { kind: 'later' }],
    ['an error without words', { status: 400, body: { ok: false } }, { kind: 'later' }],
    ['a redirect', { status: 302, html: '' }, { kind: 'later' }],
    ['ten megabytes', { status: 200, html: 'x'.repeat(10_000_000) }, { kind: 'later' }],
    [
      'silence',
      'hang',
      { kind: 'later', problem: expect.stringContaining('did not answer in time') },
    ],
    [
      'a slow drip',
      'drip',
      { kind: 'later', problem: expect.stringContaining('did not answer in time') },
    ],
    [
      'half an answer',
      'cut',
      { kind: 'later', problem: expect.stringContaining('was not reached') },
    ],
  ])('answered with %s', async (_what, answer, expected) => {
    const before = standIn.calls
    standIn.answer(answer)
    expect(await telegram.send(CHAT, MESSAGE)).toMatchObject(expected)
    expect(standIn.calls - before).toBe(1)
  })
})

test('without a server the problem names the host and the cause', async () => {
  await standIn.down()
  // It may try a connection that was kept first.
  await telegram.send(CHAT, MESSAGE)
  const delivery = await telegram.send(CHAT, MESSAGE)
  await standIn.up()
  expect(delivery).toEqual({
    kind: 'later',
    waitMs: null,
    problem: `${new URL(standIn.url).host} was not reached (ECONNREFUSED). Check the network, and HTTPS_PROXY and TELEGRAM_API_URL if they are set.`,
  })
})

test('the token stands in no problem, also when the answer repeats it', async () => {
  standIn.answer(apiError(404, `Not Found: /bot${TOKEN}/sendMessage`))
  const delivery = await telegram.send(CHAT, MESSAGE)
  expect(JSON.stringify(delivery)).toContain('Not Found: /bot***/sendMessage')
  expect(JSON.stringify(delivery)).not.toContain(TOKEN)
})

test.each([
  ['as a URL writes it', encodeURIComponent(TOKEN)],
  ['encoded twice', encodeURIComponent(encodeURIComponent(TOKEN))],
  ['in small letters', TOKEN.replace(':', '%3a')],
  ['at the end of what is shown', `${'x'.repeat(280)}/bot${TOKEN}/sendMessage`],
])('the token stands in no problem %s', async (_how, repeated) => {
  standIn.answer(apiError(404, `Not Found: ${repeated}`))
  const delivery = await telegram.send(CHAT, MESSAGE)
  expect(JSON.stringify(delivery)).toContain('***')
  expect(JSON.stringify(delivery)).not.toMatch(/AAst/i)
})

test('a message goes to the topic of the group that is set', async () => {
  const toTopic = openTelegram({ token: TOKEN, apiUrl: standIn.url, threadId: 7 })
  expect(await toTopic.send(CHAT, MESSAGE)).toEqual({ kind: 'delivered' })
  expect(standIn.messages.at(-1)).toMatchObject({ threadId: '7' })
  await telegram.send(CHAT, MESSAGE)
  expect(standIn.messages.at(-1)).toMatchObject({ threadId: null })
})

test('a proxy that is set is asked for the server, and does not see the token', async () => {
  const asked: string[] = []
  const proxy = createServer()
  proxy.on('connect', ({ url }, socket) => {
    asked.push(url ?? '')
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  const before = process.env.HTTPS_PROXY
  process.env.HTTPS_PROXY = `http://127.0.0.1:${port}`
  try {
    const far = openTelegram({ token: TOKEN, apiUrl: 'https://telegram.invalid' })
    expect(await far.send(CHAT, MESSAGE)).toMatchObject({ kind: 'later' })
    expect(asked).toEqual(['telegram.invalid:443'])
  } finally {
    if (before === undefined) delete process.env.HTTPS_PROXY
    else process.env.HTTPS_PROXY = before
    proxy.close()
  }
})

test('a scheduler that stops does not wait for the answer', async () => {
  const stopping = new AbortController()
  const patient = openTelegram({ token: TOKEN, apiUrl: standIn.url })
  standIn.answer('hang')
  const sending = patient.send(CHAT, MESSAGE, stopping.signal)
  setTimeout(() => stopping.abort(), 50)
  expect(await sending).toMatchObject({ kind: 'later', problem: 'The scheduler was stopped.' })
})
