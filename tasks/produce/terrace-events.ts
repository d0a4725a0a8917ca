// The events of our own generator: one JSON envelope a line.

import { DEFAULT_SHOP, generateInterval } from '../../generators/index.ts'
import { canonicalJson, type StrictObject } from '../messages/strict-json.ts'
import {
  badRecord,
  type FileRecord,
  type Format,
  NO_TOTALS,
  type RecordTotals,
} from './reading/format.ts'
import { idOf, numberOf, objectOf, readObject, textOf } from './reading/read-json.ts'
import { splitLines } from './reading/split-lines.ts'

export const format: Format = {
  summary: 'events of the terrace shop, one JSON envelope a line',
  source: 'terrace',
  target: { topic: 'user_events' },
  takesTimestamp: false,
  async *read(bytes) {
    for await (const line of splitLines(bytes)) {
      if (line.bytes !== null && line.bytes.toString('latin1').trim() === '') continue
      yield readLine(line.number, line.bytes)
    }
  },
  *sample(count, seed) {
    let left = count
    const shop = { ...DEFAULT_SHOP, ...CALM, seed }
    for (const minute of generateInterval(shop, FIRST_DAY, LAST_DAY)) {
      for (const { value } of minute) {
        if (left === 0 || value === null) return
        left -= 1
        yield `${value.toString()}\n`
      }
    }
  },
}

/** Few at a time, so that the first ones come soon; all of them good, and each once. */
const CALM = {
  eventsPerMinute: 6,
  lateShare: 0,
  duplicateShare: 0,
  brokenShare: 0,
  conflictShare: 0,
  reopenedShare: 0,
}
const FIRST_DAY = new Date('2026-03-02T00:00:00Z')
const LAST_DAY = new Date('2126-03-02T00:00:00Z')

function readLine(line: number, bytes: Buffer | null): FileRecord {
  const read = readObject(bytes)
  if ('problem' in read) return badRecord(line, bytes, read.problem)
  const { object } = read
  const eventId = textOf(object.get('event_id'))
  const payload = objectOf(object.get('payload'))
  // As the generator does it: messages of one user keep their order.
  const key =
    ['user_id', 'order_id', 'session_id', 'campaign_id']
      .map((name) => idOf(payload.get(name)))
      .find((id) => id !== null) ?? eventId
  if (eventId === null) {
    const problem = 'missing_field: event_id is no text'
    return { ...badRecord(line, bytes, problem), key }
  }
  const totals = totalsOf(textOf(object.get('type')), payload)
  return {
    line,
    key,
    value: bytes,
    eventId,
    problem: null,
    canonical: canonicalJson(object),
    totals,
  }
}

/** An order comes in pieces: its own message has what it costs, its lines have the units. */
function totalsOf(type: string | null, payload: StrictObject): RecordTotals {
  if (type === 'order_item')
    return { ...NO_TOTALS, units: numberOf(payload.get('quantity')) ?? '0' }
  if (type !== 'order') return NO_TOTALS
  const currency = textOf(payload.get('currency'))
  const amount = numberOf(payload.get('cost'))
  const money = currency !== null && amount !== null ? { currency, amount } : null
  return { orders: 1, units: '0', money }
}
