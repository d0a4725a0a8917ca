import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_SHOP, generateInterval } from '../../generators/index.ts'
import { checkContracts } from '../../tasks/dds/index.ts'
import { findSource } from '../../tasks/messages/adapters.ts'
import { readContract } from '../../tasks/messages/contract.ts'
import { ExactNumber, parseStrictJson, type StrictJson } from '../../tasks/messages/strict-json.ts'
import { ehandelOrder, lamp } from './ehandel-orders.ts'
import { KINDS, sampleEvent } from './sample-events.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPIC = 'order-service_orders'

/** Every field of the messages with the types that its values have. */
function fieldsOf(messages: readonly string[]): Map<string, Set<string>> {
  const fields = new Map<string, Set<string>>()
  const walk = (value: StrictJson, path: string) => {
    if (path !== '') fields.set(path, (fields.get(path) ?? new Set()).add(typeOf(value)))
    if (Array.isArray(value)) for (const item of value) walk(item, `${path}[]`)
    if (value instanceof Map)
      for (const [key, member] of value) walk(member, path === '' ? key : `${path}.${key}`)
  }
  for (const message of messages) walk(parseStrictJson(message), '')
  return fields
}

function typeOf(value: StrictJson): string {
  if (value === null) return 'null'
  if (value instanceof Map) return 'object'
  if (Array.isArray(value)) return 'list'
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.text) ? 'integer' : 'number'
  return typeof value === 'string' ? 'text' : 'boolean'
}

function isOfType(found: string, type: string): boolean {
  const [one, other] = type.split(' or ')
  return found === one || found === other || (one === 'number' && found === 'integer')
}

describe('The contract', () => {
  const start = new Date('2026-01-01T00:00:00Z')
  const end = new Date('2026-01-01T01:00:00Z')
  const generated = [
    ...generateInterval({ ...DEFAULT_SHOP, brokenShare: 0, conflictShare: 0.05 }, start, end),
  ].flat()
  const sent = {
    terrace: [
      ...generated.map(({ value }) => String(value)),
      ...KINDS.map((kind) => JSON.stringify(sampleEvent(kind, 1))),
    ],
    ehandel: [JSON.stringify(ehandelOrder(1))],
  }

  it.each(['terrace', 'ehandel'] as const)(
    'of %s names what it sends, and nothing else',
    (source) => {
      const { fields } = findSource(source)!.contract!
      const found = fieldsOf(sent[source])
      expect([...fields.keys()].sort()).toEqual([...found.keys()].sort())
      for (const [field, types] of found) {
        for (const type of types) {
          expect(isOfType(type, fields.get(field)!), `${field}: ${type}`).toBe(true)
        }
      }
    },
  )

  it('finds fields that are new, each once, at every depth', () => {
    const { newFields } = findSource('ehandel')!.contract!
    const bent = {
      ...ehandelOrder(1),
      note: 1,
      customer_id: { id: 1 },
      order_details: [lamp, { ...lamp, discount: { share: 0.1 } }, { ...lamp, discount: null }],
    }
    expect(newFields(parseStrictJson(JSON.stringify(bent)))).toEqual([
      'customer_id.id',
      'order_details[].discount',
      'note',
    ])
    expect(newFields(parseStrictJson(JSON.stringify(ehandelOrder(1))))).toBeUndefined()
  })

  it('that is wrong is an error that names the file, the field and the fix', () => {
    const folder = mkdtempSync(join(tmpdir(), 'terrace-contract-'))
    const path = join(folder, 'ehandel.contract.json')
    const sound = JSON.parse(readFileSync('tasks/sources/ehandel.contract.json', 'utf8'))
    const wrong = (text: string, source = 'ehandel') => {
      writeFileSync(path, text)
      return () => readContract(path, source)
    }
    const bent = (fields: object) => JSON.stringify({ ...sound, fields })
    expect(wrong(JSON.stringify(sound))()?.fields.size).toBe(11)
    expect(wrong(bent({ order_id: { type: 'int', is: 'x' } }))).toThrow(
      `${path}, fields → order_id → type: use text, integer, number`,
    )
    expect(wrong(bent({ order_id: { type: 'text' } }))).toThrow('fields → order_id → is: ')
    expect(wrong(JSON.stringify({ ...sound, alert: { share: 2, from: 1 } }))).toThrow(
      'alert → share: ',
    )
    expect(wrong('{')).toThrow(`${path}: it cannot be read as JSON`)
    expect(wrong(JSON.stringify(sound), 'kiosk')).toThrow('Write "kiosk"')
    rmSync(folder, { recursive: true })
    expect(readContract(path, 'ehandel')).toBeNull()
  })
})

describe('A load', () => {
  let shop: TestWarehouse
  let next = 0
  const load = async (orders: object[]) => {
    await shop.log.append(
      TOPIC,
      orders.map((order) => ({
        key: 'k',
        value: Buffer.from(JSON.stringify({ ...ehandelOrder(next++), ...order })),
        headers: { source: 'ehandel' },
      })),
    )
    await landTopic(undefined, TOPIC)
    return loadVault({ topic: TOPIC })
  }
  const orders = (sound: number, broken: number) => [
    ...Array(sound).fill({}),
    ...Array(broken).fill({ order_details: [] }),
  ]

  beforeAll(async () => {
    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: TOPIC, partitions: 1 }])
  })
  afterAll(() => shop.close())

  it('counts fields that are new, and takes the messages', async () => {
    const loads = await load([{ note: 'a' }, { note: 'b', gift: true }, {}])
    expect(await checkContracts({ loads }, nextContext())).toEqual({
      newFields: { 'ehandel: gift': 1, 'ehandel: note': 2 },
    })
    const { rows } = await shop.pool.query('select count(*)::int from dds.nl_event')
    expect(rows).toEqual([{ count: 3 }])
  })

  it('alerts when more than the contract allows is in quarantine, and not before', async () => {
    const allowed = await load(orders(99, 1))
    await expect(checkContracts({ loads: allowed }, nextContext())).resolves.toEqual({
      newFields: {},
    })
    const tooMany = await load(orders(98, 2))
    await expect(checkContracts({ loads: tooMany }, nextContext())).rejects.toThrow(
      'Source "ehandel": 2 of 100 messages are in quarantine, more than the 1 % that its contract allows.',
    )
  })
})
