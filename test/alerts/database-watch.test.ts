// A database in which no alert can be written is told of all the same, once.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPostgres } from '../../connections/postgres.ts'
import { startDatabaseWatch } from '../../orchestrator/alerts/database-watch.ts'
import { openTelegram } from '../../orchestrator/alerts/telegram.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type TelegramStandIn, TOKEN, telegramStandIn } from '../support/telegram-stand-in.ts'
import { until } from '../support/until.ts'

const CHAT = '42'

let database: FreshDatabase
let standIn: TelegramStandIn
beforeAll(async () => {
  database = await freshDatabase()
  standIn = await telegramStandIn(CHAT)
})
afterAll(async () => {
  await standIn.close()
  await database.drop()
})

test('a disk without space is told to the chat once, and when it has space again', async () => {
  const told = standIn.messages
  const log: string[] = []
  const pool = openPostgres(database.url, { max: 1 })
  const watch = startDatabaseWatch({
    pool,
    chat: { chatId: CHAT, telegram: openTelegram({ token: TOKEN, apiUrl: standIn.url }) },
    log: (line) => log.push(line),
    everyMs: 10,
  })
  try {
    // The server refuses to write as it would on a full disk.
    await pool.query('set temp_file_limit = 100')
    await until('it is told', async () => told.length === 1)
    expect(told[0]!.text).toMatch(
      /^Terrace: The metadata database cannot be used: .*temp_file_limit/,
    )
    await pool.query('set temp_file_limit = -1')
    await until('it is told that it works', async () => told.length === 2)
    expect(told[1]!.text).toContain('works again')
    expect(log).toHaveLength(2)
  } finally {
    await watch.stop()
    await pool.end()
  }
})
