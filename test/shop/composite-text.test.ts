// What Postgres reads of the text is what was given, whatever characters stand in it.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { copyRows } from '../../connections/copy-rows.ts'
import { inTransaction, openPostgres, type Pool } from '../../connections/postgres.ts'
import { createRandom } from '../../generators/random.ts'
import { compositeArrayText, compositeText } from '../../tasks/dds/composite-text.ts'
import { freshDatabase } from '../support/database.ts'

let pool: Pool
let drop: () => Promise<void>
beforeAll(async () => {
  const database = await freshDatabase()
  pool = openPostgres(database.url)
  drop = database.drop
})
afterAll(async () => {
  await pool.end()
  await drop()
})

interface Thing {
  no: number
  name: string | null
  is_new: boolean
  note: string | null
}

async function readBack(given: (readonly Thing[])[]): Promise<(Thing[] | null)[]> {
  return inTransaction(pool, async (client) => {
    await client.query(`create type pg_temp.thing as (no int, name text, is_new bool, note text)`)
    await client.query(
      'create temporary table given (place int, one pg_temp.thing, things pg_temp.thing[])',
    )
    const fields = ({ no, name, is_new, note }: Thing) => [no, name, is_new, note]
    const rows = given.map((things, place) => [
      place,
      things[0] ? compositeText(fields(things[0])) : null,
      compositeArrayText(things.map(fields)),
    ])
    await copyRows(client, 'given', ['place', 'one', 'things'], [rows])
    const { rows: found } = await client.query<{ one: Thing | null; things: Thing[] | null }>(
      'select to_jsonb(one) as one, to_jsonb(things) as things from given order by place',
    )
    expect(found.map(({ one }) => one)).toEqual(given.map(([first]) => first ?? null))
    await client.query('drop table given; drop type pg_temp.thing')
    return found.map(({ things }) => things)
  })
}

it('each awkward text comes back as it was', async () => {
  const texts = [
    null,
    '',
    ' ',
    'null',
    'NULL',
    '"',
    '""',
    '\\',
    '\\"',
    '\\N',
    '{a,b}',
    '(1,"x")',
    ',',
    "it's",
    'a\tb\nc\r\n',
    'Åsa 🛒 ‮',
    'plain-id.1',
  ]
  const given = [texts.map((name, no) => ({ no, name, is_new: no % 2 === 0, note: name })), []]
  expect(await readBack(given)).toEqual([given[0], null])
})

it('so does text that is drawn from the characters that mean something', async () => {
  const random = createRandom('composite')
  const characters = [...'"\\{}(),\t\n\r \'aN0é🛒', 'null', '\\N']
  const text = () =>
    random.chance(0.1)
      ? null
      : Array.from({ length: random.between(0, 8) }, () => random.pick(characters)).join('')
  const given = Array.from({ length: 300 }, () =>
    Array.from({ length: random.between(1, 4) }, (_, no) => ({
      no,
      name: text(),
      is_new: random.chance(0.5),
      note: text(),
    })),
  )
  expect(await readBack(given)).toEqual(given)
})
