// A load must end when ClickHouse does not take it: 50,000 rows are more than any buffer between
// Postgres and ClickHouse holds, so Postgres is still sending when the failure comes.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CopyToClickHouseError, copyToClickHouse } from '../../connections/copy-to-clickhouse.ts'
import { inTransaction, openPostgres, type Pool } from '../../connections/postgres.ts'
import { freshDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
let pool: Pool
const closings: (() => unknown)[] = []

beforeAll(async () => {
  database = await freshDatabase()
  pool = openPostgres(database.url, { max: 1 })
})
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})
afterAll(async () => {
  await pool?.end()
  await database?.drop()
})

async function clickhouseThat(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ client: ClickHouseClient; refuse: () => void }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = createClient({
    url: `http://127.0.0.1:${port}`,
    log: { level: ClickHouseLogLevel.OFF },
  })
  closings.push(async () => {
    server.closeAllConnections()
    server.close()
    await client.close()
  })
  return { client, refuse: () => server.close() }
}

function copy(
  client: ClickHouseClient,
  options: { signal?: AbortSignal; query?: string } = {},
): Promise<number> {
  return inTransaction(pool, (connection) =>
    copyToClickHouse(connection, client, {
      query:
        options.query ??
        `select i::text as a, repeat('x', 200) as b from generate_series(1, 50000) as i`,
      table: 'marts.target',
      signal: options.signal ?? new AbortController().signal,
    }),
  )
}

async function expectUsablePool(): Promise<void> {
  const { rows } = await pool.query('select 1 as one')
  expect(rows).toEqual([{ one: 1 }])
  await expect(inTransaction(pool, (client) => client.query('select 2'))).resolves.toBeDefined()
}

const unavailable = (response: ServerResponse) => {
  response.writeHead(500)
  response.end('Code: 241. DB::Exception: memory limit exceeded (MEMORY_LIMIT_EXCEEDED)')
}

describe('A copy from Postgres to ClickHouse', { timeout: 15_000 }, () => {
  it('ends with the cause when ClickHouse is not there', async () => {
    const { client, refuse } = await clickhouseThat(() => {})
    refuse()
    const failure = await copy(client).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CopyToClickHouseError)
    expect(String(failure)).toMatch(/Table marts\.target: .*ECONNREFUSED.*CLICKHOUSE_URL/)
    await expectUsablePool()
  })

  it('ends when the connection is reset in the middle', async () => {
    const { client } = await clickhouseThat((request) => {
      request.once('data', () => request.socket.destroy())
    })
    await expect(copy(client)).rejects.toThrow(CopyToClickHouseError)
    await expectUsablePool()
  })

  it('ends when ClickHouse refuses before it reads the rows', async () => {
    const { client } = await clickhouseThat((_request, response) => unavailable(response))
    await expect(copy(client)).rejects.toThrow(/memory limit exceeded/)
    await expectUsablePool()
  })

  it('ends when ClickHouse refuses in the middle of the rows', async () => {
    const { client } = await clickhouseThat((request, response) => {
      request.once('data', () => unavailable(response))
    })
    await expect(copy(client)).rejects.toThrow(/memory limit exceeded/)
    await expectUsablePool()
  })

  it('ends with the reason of its signal while ClickHouse reads nothing', async () => {
    const { client } = await clickhouseThat(() => {})
    const controller = new AbortController()
    const reason = new Error('cancelled by somebody')
    const copying = copy(client, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 200)
    await expect(copying).rejects.toThrow(reason)
    await expectUsablePool()
  })

  it('keeps the error of Postgres, and its connection', async () => {
    const { client } = await clickhouseThat((request, response) => {
      request.resume()
      request.once('end', () => response.end())
    })
    const { rows } = await pool.query('select pg_backend_pid() as pid')
    await expect(
      copy(client, { query: 'select 1 / (i - 40000) from generate_series(1, 50000) as i' }),
    ).rejects.toThrow(/division by zero/)
    expect((await pool.query('select pg_backend_pid() as pid')).rows).toEqual(rows)
  })
})
