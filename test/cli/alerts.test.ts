// `terrace alerts` against a database of the test's and a stand-in of the Bot API.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres } from '../../connections/postgres.ts'
import { freshControlPlane } from '../support/control-plane.ts'
import {
  apiError,
  type TelegramStandIn,
  TOKEN,
  telegramStandIn,
} from '../support/telegram-stand-in.ts'
import { type Ran, terraceHere } from './terrace.ts'

let standIn: TelegramStandIn
beforeAll(async () => {
  standIn = await telegramStandIn('42')
})
afterAll(() => standIn.close())

describe('alerts test', () => {
  const run = (env: Record<string, string> = {}): Promise<Ran> =>
    terraceHere({
      env: {
        TELEGRAM_BOT_TOKEN: TOKEN,
        TELEGRAM_CHAT_ID: '42',
        TELEGRAM_API_URL: standIn.url,
        ...env,
      },
    })('alerts', 'test')

  test('sends a message and says that it arrived', async () => {
    expect(await run()).toEqual({ code: 0, stdout: 'The message reached chat 42.\n', stderr: '' })
    expect(standIn.messages.at(-1)!.text).toMatch(/^This is a test of alerts\nTerrace on .+ will/)
  })

  test('says what the API answered, and what to do about it', async () => {
    const unknownChat = await run({ TELEGRAM_CHAT_ID: '43' })
    expect(unknownChat.code).toBe(1)
    expect(unknownChat.stderr).toMatch(
      /^error: Telegram did not take the message: 400 Bad Request: chat not found\. Write to the bot first/,
    )
    const unknownBot = await run({ TELEGRAM_BOT_TOKEN: '1:other' })
    expect(unknownBot.code).toBe(1)
    expect(unknownBot.stderr).toMatch(/401 Unauthorized\. The token is not valid any more/)
    expect(unknownBot.stderr).not.toContain('1:other')
  })

  test('follows a group that moved, and names the chat to set', async () => {
    standIn.chats.add('-10077')
    standIn.answer(apiError(400, 'Bad Request: upgraded', { migrate_to_chat_id: -10077 }))
    expect(await run()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('set TELEGRAM_CHAT_ID to -10077'),
    })
  })

  test('without a chat says what to set; with half of one, which half is missing', async () => {
    const none = await run({ TELEGRAM_BOT_TOKEN: '', TELEGRAM_CHAT_ID: '' })
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('No chat is set') })
    const half = await run({ TELEGRAM_CHAT_ID: '' })
    expect(half.code).toBe(1)
    expect(half.stderr).toContain('TELEGRAM_CHAT_ID=: is not set, and TELEGRAM_BOT_TOKEN is')
    const malformed = await run({ TELEGRAM_BOT_TOKEN: 'secret words', TELEGRAM_CHAT_ID: 'me' })
    expect(malformed.stderr).toContain('TELEGRAM_CHAT_ID=me: must be the number of a chat')
    expect(malformed.stderr).not.toContain('secret words')
  })
})

test('alerts list shows the latest first, filtered, for eyes and for programs', async () => {
  const plane = await freshControlPlane()
  const pool = openPostgres(plane.database.url, { max: 1 })
  await pool.query(`
    insert into terrace.alert (id, at, kind, dag_id, run_id, task_id, map_index, try_number, error)
    values ('00000000-0000-7000-8000-000000000001', '2026-03-01T06:30:00Z', 'task_failed', 'shop', 'r',
      'load', 2, 3, E'broker is gone\\nat once');
    insert into terrace.alert (id, kind, file_path, error, state, last_problem)
    values ('00000000-0000-7000-8000-000000000002', 'import_error', 'shop.ts', 'bracket', 'failed',
      '403 Forbidden')`)
  const terrace = terraceHere({ env: { DATABASE_URL: plane.database.url } })
  const rows = async (...args: string[]) =>
    JSON.parse((await terrace('alerts', 'list', '-o', 'json', ...args)).stdout)
  expect(await rows()).toMatchObject([
    { kind: 'import_error', title: 'DAG file does not load: shop.ts', state: 'failed' },
    { kind: 'task_failed', map_index: 2, error: 'broker is gone\nat once', state: 'pending' },
  ])
  expect(await rows('--state', 'pending', '--kind', 'task_failed', '-d', 'shop')).toHaveLength(1)
  expect(await rows('-d', 'other')).toEqual([])
  expect((await terrace('alerts', 'list')).stdout).toContain(
    '2026-03-01T06:30:00.000Z | Task failed: shop.load[2]       | r      | 3          | pending | broker is gone |',
  )
  expect(await terrace('alerts', 'list', '--state', 'lost')).toMatchObject({ code: 2 })
  await pool.end()
  await plane.close()
})
