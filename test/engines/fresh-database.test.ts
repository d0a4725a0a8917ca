import { Client } from 'pg'
import { afterAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const made: FreshDatabase[] = []
afterAll(() => Promise.all(made.map((database) => database.drop())))

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('A fresh database is empty, in UTF8, in UTC, and sorts by code point', async () => {
  const database = await freshDatabase()
  made.push(database)
  expect(
    await ask(
      database.url,
      `select current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
         (select count(*)::int from pg_stat_user_tables) as tables,
         'B' < 'a' as by_code_point, upper('ä') as upper`,
    ),
  ).toEqual([{ encoding: 'UTF8', zone: 'UTC', tables: 0, by_code_point: true, upper: 'Ä' }])
})

test('A template is built once, however many ask for it at the same time', async () => {
  let built = 0
  const template = {
    name: 'fresh-database.test',
    async build(url: string) {
      built += 1
      await ask(url, 'create table planet as select 1 as id')
    },
  }
  const databases = await Promise.all([1, 2, 3].map(() => freshDatabase({ template })))
  made.push(...databases)
  expect(built).toBe(1)
  for (const { url } of databases) expect(await ask(url, 'table planet')).toEqual([{ id: 1 }])
})
