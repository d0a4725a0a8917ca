import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findFormat } from '../../tasks/produce/reading/find-format.ts'
import { openTestWarehouse, type TestWarehouse } from '../shop/warehouse.ts'
import { until } from '../support/until.ts'
import { BIN, type Terrace, terraceHere, terraceIn } from './terrace.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const ORDERS = 'order-service_orders'

let folder: string
let shop: TestWarehouse
let terrace: Terrace
let env: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-produce-'))
  shop = await openTestWarehouse()
  env = { DATABASE_URL: shop.url, TERRACE_HOME: folder }
  terrace = terraceHere({ cwd: ROOT, env })
})
beforeEach(() =>
  shop.pool.query(
    `truncate event_log.message, raw.produced_file, raw.produced_record, raw.file_rows restart identity`,
  ),
)
afterAll(async () => {
  await shop.close()
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const order = (id: number, price = 10, quantity = 2) =>
  `{\n  "order_id": ${id},\n  "order_details": [{"product_id": 1, "price": ${price}, "quantity": ${quantity}}]\n}`

interface Sent {
  key: string | null
  value: string
  headers: Record<string, string>
}

async function sent(topic: string): Promise<Sent[]> {
  const { rows } = await shop.pool.query<Sent>(
    `select convert_from(key, 'UTF8') as key, convert_from(value, 'UTF8') as value, headers
     from event_log.message where topic = $1 order by partition, log_offset`,
    [topic],
  )
  return rows
}

const totalsOf = (stdout: string) => JSON.parse(stdout)[0]

describe('produce', () => {
  test('sends objects as they stand, with key and headers, and prints totals', async () => {
    const orders = [order(1, 0.1), order(2, 1e2), order(1, 0.1)]
    const path = write('orders.txt', `\ufeff${orders.join('\r\n')}`)
    const { code, stdout, stderr } = await terrace('produce', 'ehandel-orders', path, '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(totalsOf(stdout)).toEqual({
      ...{ file: path, sent: 3, counted: 2, repeated: 1, conflicts: 0, bad: 0, not_sent: 0 },
      ...{ orders: 2, units: '4', money: { SEK: '200.2' } },
    })
    const messages = await sent(ORDERS)
    expect(messages.map(({ value }) => value).sort()).toEqual([...orders].sort())
    expect(messages.every(({ key, headers }) => headers.event_id === key)).toBe(true)
    expect(messages[0]?.headers).toMatchObject({ source: 'ehandel', produced_file: '1' })
  })

  test('counts what was sent before once, and tells other content under an id', async () => {
    const path = write('again.txt', order(1) + order(2))
    await terrace('produce', 'ehandel-orders', path)
    const again = await terrace('produce', 'ehandel-orders', path, '-o', 'json')
    expect(again.stderr).toContain(`holds the same bytes as ${path}`)
    expect(totalsOf(again.stdout)).toMatchObject({ sent: 2, counted: 0, repeated: 2, orders: 0 })
    // Written otherwise it is the same order still.
    const other = write('other.txt', order(1).replaceAll(/\s/g, '') + order(2, 11))
    const { stdout } = await terrace('produce', 'ehandel-orders', other, '-o', 'json')
    expect(totalsOf(stdout)).toMatchObject({ counted: 0, repeated: 1, conflicts: 1 })
  })

  test('tells a bad record with its line and sends it as it stands', async () => {
    const path = write('bad.txt', `${order(1)}\n{"order_id": 2, "order_id": 3}\n${order(4)}\n{"x`)
    const { code, stdout, stderr } = await terrace('produce', 'ehandel-orders', path)
    expect(code).toBe(1)
    expect(stderr).toContain(`${path}:5: duplicate_key: Key "order_id" stands twice`)
    expect(stderr).toContain(`${path}:10: the object is cut off`)
    expect(stderr).toContain('It is sent as it stands, for quarantine.')
    expect(stdout).toMatch(/\| 4 +\| 2 +\| 0 +\| 0 +\| 2 +\| 0 +\| 2 +\| 4 +\| 40 SEK/)
    const values = (await sent(ORDERS)).map(({ value }) => value)
    expect(values).toEqual(expect.arrayContaining(['{"order_id": 2, "order_id": 3}', '{"x']))
  })

  test('stops at a bad record with --strict, and sends nothing behind it', async () => {
    const path = write('strict.txt', `${order(1)}\n{"order_id":true}\n${order(4)}`)
    const { code, stderr } = await terrace('produce', 'ehandel-orders', path, path, '--strict')
    expect(code).toBe(1)
    expect(stderr).toContain('It is not sent.\n')
    expect(stderr).toContain(`(--strict): 1 record of ${path} sent, the last of them on line 1.`)
    expect(stderr).toContain(`Not begun: ${path}.`)
    expect((await sent(ORDERS)).map(({ key }) => key)).toEqual(['1'])
  })

  test('takes several files, packed ones, and says when one holds nothing', async () => {
    const packed = write('orders.txt.gz', gzipSync(order(8)))
    const files = [write('empty.txt', ''), packed]
    const { code, stdout, stderr } = await terrace('produce', 'ehandel-orders', ...files)
    expect(code).toBe(0)
    expect(stderr).toContain('empty.txt holds no records: nothing was sent.')
    expect(stdout.trim().split('\n')).toHaveLength(4)
    expect((await sent(ORDERS)).map(({ value }) => value)).toEqual([order(8)])
    const cut = write('cut.txt.gz', gzipSync(order(9).repeat(50)).subarray(0, 40))
    const broken = await terrace('produce', 'ehandel-orders', cut)
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringMatching(/Stopped by a failure/) })
  })

  test('sends nothing when a file cannot be opened', async () => {
    const good = write('good.txt', order(1))
    mkdirSync(join(folder, 'a-folder'), { recursive: true })
    const closed = write('closed.txt', order(1))
    chmodSync(closed, 0)
    const files = [good, join(folder, 'a-folder'), join(folder, 'none.txt'), closed]
    const { code, stderr } = await terrace('produce', 'ehandel-orders', ...files)
    expect(code).toBe(1)
    expect(stderr).toContain('a-folder is a folder. Name the files in it, such as')
    expect(stderr).toContain(`There is no file ${join(folder, 'none.txt')}`)
    // Who may read everything may read this one as well.
    if (process.getuid?.() !== 0) expect(stderr).toContain('may not be read by this user')
    expect(stderr).toContain('Nothing was sent.')
    const { rows } = await shop.pool.query('select from raw.produced_file')
    expect(rows).toEqual([])
  })

  test('keeps lines of a reference file, the same file once and a changed one anew', async () => {
    const line = (name: string) => `('${name}', 'Matvaror', 'Kilopris', '10', '500')\n`
    const path = write('products.txt', line('Bönor') + line('Sylt'))
    const load = async () =>
      (await terrace('produce', 'ehandel-products', path, '-o', 'json')).stdout
    expect(totalsOf(await load())).toMatchObject({ sent: 2, counted: 2, repeated: 0 })
    expect(totalsOf(await load())).toMatchObject({ sent: 2, counted: 0, repeated: 2 })
    write('products.txt', `${line('Bönor')}{no tuple\n${line('Mössa')}`)
    expect(totalsOf(await load())).toMatchObject({ sent: 3, counted: 2, bad: 1 })
    write('products.txt', line('Bönor') + line('Sylt'))
    expect(totalsOf(await load())).toMatchObject({ sent: 2, counted: 2, repeated: 0 })
    const { rows } = await shop.pool.query(
      `select file_id::int, line_no::int, convert_from(bytes, 'UTF8') like '(%' as good, problem is null as fine
       from raw.file_rows order by file_id, line_no`,
    )
    expect(rows.map(Object.values)).toEqual([
      [1, 1, true, true],
      [1, 2, true, true],
      [3, 1, true, true],
      [3, 2, false, false],
      [3, 3, true, true],
      [4, 1, true, true],
      [4, 2, true, true],
    ])
    write('products.txt', `${line('Bönor')}none\n`)
    const strict = await terrace('produce', 'ehandel-products', path, '--strict')
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining('0 records of') })
  })
})

describe('A sample', () => {
  test('is sent through a pipe', async () => {
    const sample = await terrace('produce', '--sample', 'ehandel-orders', '--count', '30')
    expect(sample.code).toBe(0)
    const other = await terrace('produce', 'ehandel-orders', '--sample', '--count', '30')
    expect(other.stdout).toBe(sample.stdout)
    const piped = terraceIn({ cwd: ROOT, env, input: sample.stdout })
    const { code, stdout } = await piped('produce', 'ehandel-orders', '-', '-o', 'json')
    expect(code).toBe(0)
    expect(totalsOf(stdout)).toMatchObject({ file: 'standard input', sent: 30, orders: 30 })
  })

  test('of events counts once when it is sent twice', async () => {
    const format = await findFormat('terrace-events')
    const path = write('events.ndjson', [...format!.sample!(60, 'twice')].join(''))
    const first = await terrace('produce', 'terrace-events', path, '-o', 'json')
    const second = await terrace('produce', 'terrace-events', path, '-o', 'json')
    expect(totalsOf(first.stdout)).toMatchObject({ sent: 60, counted: 60, repeated: 0 })
    expect(totalsOf(second.stdout)).toMatchObject({ sent: 60, counted: 0, repeated: 60 })
    expect(await sent('user_events')).toHaveLength(120)
  })
})

describe('A wrong call', () => {
  test.each([
    [['produce'], 'Which format? Formats: ehandel-orders, ehandel-products, json, terrace-events.'],
    [['produce', 'ehandel-order', 'x'], 'Did you mean "ehandel-orders"?'],
    [['produce', 'ehandel-orders'], 'Which files?'],
    [['produce', 'ehandel-orders', '-', '-'], 'Standard input can be read once'],
    [['produce', 'ehandel-orders', '-', '--timestamp', '2024-01-01'], 'takes no --timestamp'],
    [['produce', 'ehandel-orders', '-', '--count', '3'], '--count and --seed belong to a sample'],
    [['produce', 'ehandel-orders', '-', '--source', 'x'], 'leave --source and --topic out'],
    [['produce', 'json', '-'], 'Of which source? Name one with --source: '],
    [['produce', 'json', '-', '--source', 'none'], 'No adapter reads source "none".'],
    [['produce', 'json', '-', '--source', 'terrace', '--topic', 'x'], 'sends to user_events'],
    [['produce', '--sample', 'json'], 'has no sample'],
    [['produce', '--sample', 'ehandel-orders', 'x'], 'A sample is written and not sent'],
    [['produce', '--sample'], 'A sample is written and not sent'],
    [['produce', 'ehandel-orders', '-', '--rate', '0'], 'whole number of at least 1'],
  ])('%s says what to do', async (args, message) => {
    const { code, stderr } = await terrace(...args)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
  })

  test('is seldom after the help, which names the formats', async () => {
    const { code, stdout } = await terrace('produce', '--help')
    expect(code).toBe(0)
    expect(stdout).toContain('Formats: ehandel-orders, ehandel-products, json, terrace-events')
    expect(stdout).toContain('$ terrace produce ehandel-orders orders.txt')
  })
})

test('Ctrl-C ends after the acknowledged batch and says how far it came', async () => {
  const child = spawn(process.execPath, [BIN, 'produce', 'ehandel-orders', '-'], {
    ...{ cwd: ROOT, env: { PATH: process.env.PATH ?? '', ...env } },
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.write(`${order(1)}\n${order(2)}\n`)
  // What comes through a pipe is sent before the pipe ends.
  await until('two orders are sent', async () => (await sent(ORDERS)).length === 2)
  const ended = once(child, 'close')
  child.kill('SIGINT')
  const [code] = await ended
  expect(stderr).toContain('Stopped by a signal: 2 records of standard input sent')
  expect(code).toBe(1)
  const { rows } = await shop.pool.query(
    'select count_sent::int, is_whole, ended_at is not null as ended from raw.produced_file',
  )
  expect(rows).toEqual([{ count_sent: 2, is_whole: false, ended: true }])
})
