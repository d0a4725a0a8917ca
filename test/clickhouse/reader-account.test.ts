// The account of the embedded marts that may only read.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readerUrl } from '../../connections/clickhouse-front/reader-account.ts'
import type { ClickHouseFront } from '../../connections/clickhouse-front/spawn.ts'
import { startFront } from './implementations.ts'

let front: ClickHouseFront
beforeAll(async () => {
  front = await startFront()
  await ask(front.url, 'create table marts.kept (n Int64) engine = MergeTree order by n')
  await ask(front.url, 'insert into marts.kept values (42)')
})
afterAll(() => front?.stop())

async function ask(address: string, query: string, settings = ''): Promise<string> {
  const url = new URL(address)
  const response = await fetch(`${url.origin}/?${settings}`, {
    method: 'POST',
    body: query,
    headers: {
      'x-clickhouse-user': decodeURIComponent(url.username),
      'x-clickhouse-key': decodeURIComponent(url.password),
    },
  })
  const text = (await response.text()).trim()
  return response.ok ? text : `${response.status} ${text}`
}

describe('The reader', () => {
  test('reads, with settings of its own', async () => {
    const reader = readerUrl(front.url)
    expect(await ask(reader, 'select n from marts.kept', 'max_threads=1')).toBe('42')
    expect(await ask(reader, 'select n from marts.kept settings max_threads = 1')).toBe('42')
  })

  test.each([
    'insert into marts.kept values (43)',
    'create table marts.more (n Int64) engine = Memory',
    'alter table marts.kept delete where 1',
    'truncate table marts.kept',
    'drop table marts.kept',
    'drop database marts',
    'set readonly = 0',
    'insert into marts.kept settings readonly = 0 values (43)',
  ])('is refused: %s', async (query) => {
    expect(await ask(readerUrl(front.url), query)).toMatch(/^[45]\d\d .*(READONLY|DB::Exception)/s)
    expect(await ask(front.url, 'select groupArray(n) from marts.kept')).toBe('[42]')
  })

  test('is not made a writer by a parameter of the request', async () => {
    const insert = 'insert into marts.kept values (43)'
    expect(await ask(readerUrl(front.url), insert, 'readonly=0')).toMatch(
      /This account may only read/,
    )
  })

  test('has a password of its own, and neither account takes the other one', async () => {
    const [owner, reader] = [new URL(front.url), new URL(readerUrl(front.url))]
    expect(reader.password).not.toBe(owner.password)
    const mixed = (name: URL, password: URL) => {
      const url = new URL(name)
      url.password = password.password
      return ask(url.href, 'select 1')
    }
    expect(await mixed(reader, owner)).toMatch(/^403 .*Authentication failed/)
    expect(await mixed(owner, reader)).toMatch(/^403 .*Authentication failed/)
    expect(await mixed(reader, reader)).toBe('1')
  })
})
