import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleEvent, withField } from '../shop/sample-events.ts'
import { landTopic, loadVault, openTestWarehouse, type TestWarehouse } from '../shop/warehouse.ts'
import { freshDatabase } from '../support/database.ts'
import { terraceIn } from './terrace.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const negative = (n: number) => withField(sampleEvent('view', n), 'payload.product.price', '-1')
const MESSAGES = [
  negative(1),
  negative(2),
  Buffer.from([0x7b, 0xff, 0x1b, 0x5b]),
  '{"event_id": "\u202eevil", "note": "\u009b2J\u200b"}',
]

let shop: TestWarehouse
let folder: string
let terrace: ReturnType<typeof terraceIn>

beforeAll(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await shop.log.append(
    'user_events',
    MESSAGES.map((value) => ({
      key: 'k',
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: { source: 'terrace' },
    })),
  )
  await landTopic()
  await loadVault()
  folder = mkdtempSync(join(tmpdir(), 'terrace-quarantine-'))
  // The project is the folder that the command is called in.
  terrace = terraceIn({ cwd: ROOT, env: { DATABASE_URL: shop.url, TERRACE_HOME: folder } })
})
afterAll(async () => {
  await shop.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('quarantine list', () => {
  test('counts by reason before it lists the messages', async () => {
    const { code, stdout } = await terrace('quarantine', 'list')
    expect(code).toBe(0)
    const [reasons, messages] = stdout.split('\n\n')
    expect(reasons).toMatch(/^reason +\| waiting \| replayed \| last_at/)
    expect(reasons).toMatch(/negative_price +\| 2 +\| 0 /)
    expect(messages).toMatch(/^topic +\| partition \| offset/)
    expect(messages).toContain('\\u{202e}evil')
    expect(messages!.trim().split('\n')).toHaveLength(2 + MESSAGES.length)
  })

  test('narrows, and gives programs one document', async () => {
    const call = ['quarantine', 'list', '--reason', 'negative_price', '--limit', '1', '-o', 'json']
    const { stdout } = await terrace(...call)
    const document = JSON.parse(stdout)
    expect(document.reasons).toMatchObject([{ reason: 'negative_price', waiting: '2' }])
    expect(document.messages).toMatchObject([{ topic: 'user_events', source: 'terrace' }])
    const none = await terrace('quarantine', 'list', '--since', '2999-01-01')
    expect(none).toMatchObject({ code: 0, stdout: 'No message like that is in quarantine.\n' })
  })
})

describe('quarantine show', () => {
  test('prints bytes that are no text as hexadecimal digits', async () => {
    const { stdout } = await terrace('quarantine', 'show', 'user_events', '0', '2')
    expect(stdout).toMatch(/reason +\| invalid_utf8/)
    expect(stdout).toMatch(/headers +\| \{"source":"terrace"\}/)
    expect(stdout).toContain('value, 4 bytes\n00000000  7b ff 1b 5b ')
    const json = await terrace('quarantine', 'show', 'user_events', '0', '2', '-o', 'json')
    expect(JSON.parse(json.stdout)).toMatchObject({ value: null, value_hex: '7bff1b5b', key: 'k' })
  })

  test('shows characters that would move the cursor or hide', async () => {
    const { stdout } = await terrace('quarantine', 'show', 'user_events', '0', '3')
    expect(stdout).toContain('"\\u{202e}evil", "note": "\\u{9b}2J\\u{200b}"')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/)
  })
})

describe('quarantine replay', () => {
  test('shows what stays refused and why, changes nothing and exits with 1', async () => {
    const { code, stdout, stderr } = await terrace(
      'quarantine',
      'replay',
      '--reason',
      'negative_price',
    )
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /refused \| negative_price \| 2 +\| user_events 0 0 \| .*a price is 0 or more/,
    )
    expect(stderr).toBe('Every message is still refused. Nothing was changed.\n')
  })

  test('takes a mended message after it was asked, once, and names the next command', async () => {
    const file = join(folder, 'mended.json')
    writeFileSync(file, JSON.stringify(sampleEvent('view', 1)))
    const call = ['quarantine', 'replay', 'user_events', '0', '0', '--value-file', file]
    expect(await terrace(...call)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('staged'),
      stderr: expect.stringContaining('Replay 1 message? Nobody can answer here: add -y'),
    })
    const { code, stderr } = await terrace(...call, '-y')
    expect(code).toBe(0)
    expect(stderr).toMatch(/^Replayed: 1 staged, 0 counted as duplicates; load \d+\./)
    expect(stderr).toContain('terrace dags trigger raw_to_dds')
    expect(await terrace(...call, '-y')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('was replayed at'),
    })
    expect(await loadVault()).toMatchObject({ countRaw: 0, loadIds: [expect.any(String)] })
    const { stdout } = await terrace('quarantine', 'show', 'user_events', '0', '0')
    expect(stdout).toMatch(/outcome +\| staged/)
    expect(stdout).toContain('replayed as, ')
  })
})

describe('a wrong call exits with 2 and says what is allowed', () => {
  test.each([
    [['show', 'user_events', '0', '99'], 'quarantine list --topic user_events'],
    [['show', 'user_events', '0', '99999999999999999999'], 'is not a whole number'],
    [['show', 'user_events', '0', '2', '--log', 'other'], 'Logs that have: '],
    [['show', 'user_evnets', '0', '0'], 'was ever landed. Landed topics: user_events.'],
    [['list', '--reason', 'nope'], 'refused for "nope". Known reasons: tombstone, empty, '],
    [['replay', '--reason', 'nope'], 'refused for "nope". Known reasons: tombstone, empty, '],
    [['replay'], 'Which messages?'],
    [['replay', 'user_events', '0'], 'A place is a topic'],
    [['replay', 'user_events', '0', '2', '--reason', 'empty'], 'only one of them can be given'],
    [['replay', '--reason', 'empty', '--value-file', 'y'], 'mends one message'],
    [['replay', 'user_events', '0', '2', '--value-file', '/nowhere'], 'cannot be read'],
  ])('%j', async (args, part) => {
    const { code, stderr } = await terrace('quarantine', ...args)
    expect(stderr).toContain(part)
    expect(code).toBe(2)
  })

  test('and a database without the warehouse names the command that makes it', async () => {
    const empty = await freshDatabase()
    const { code, stderr } = await terraceIn({ cwd: ROOT, env: { DATABASE_URL: empty.url } })(
      'quarantine',
      'list',
    )
    expect(code).toBe(1)
    expect(stderr).toContain('terrace db migrate')
    await empty.drop()
  })
})
