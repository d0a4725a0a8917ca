// JSON objects of any source that has an adapter, as it sends them. The adapter reads each record, so what
// the rules of its source refuse is told while it is sent.

import type { CleanMessage } from '../messages/clean-message.ts'
import { Rejection } from '../messages/rejection.ts'
import { ExactSum } from './reading/exact-sum.ts'
import { badRecord, type FileRecord, type Format, type RecordTotals } from './reading/format.ts'
import { readObject } from './reading/read-json.ts'
import { splitObjects } from './reading/split-objects.ts'

export const format: Format = {
  summary: 'JSON objects of the source that --source names, one a line or pretty-printed',
  source: null,
  target: null,
  takesTimestamp: false,
  sample: null,
  async *read(bytes, { source, now }) {
    if (source === undefined) throw new TypeError('The format json needs a source.')
    const { adapter, rules } = source
    for await (const { line, bytes: value, problem } of splitObjects(bytes)) {
      const found = problem === null ? readObject(value) : { problem }
      if ('problem' in found) {
        yield badRecord(line, value, found.problem)
        continue
      }
      try {
        const message = adapter.read(
          {
            topic: rules.topics[0]!,
            key: null,
            headers: { source: rules.source },
            value: found.object,
            receivedAt: now,
          },
          rules,
        )
        yield recordOf(line, value, message)
      } catch (error) {
        if (!(error instanceof Rejection)) throw error
        yield badRecord(line, value, `${error.reason}: ${error.message.replace(/\.$/, '')}`)
      }
    }
  },
}

function recordOf(line: number, value: Buffer | null, message: CleanMessage): FileRecord {
  const { eventId, canonical, orderId, userId, sessionId } = message
  const key = orderId ?? userId ?? sessionId ?? eventId
  return { line, key, value, eventId, problem: null, canonical, totals: totalsOf(message) }
}

function totalsOf({ order, lines = [] }: CleanMessage): RecordTotals {
  const units = new ExactSum()
  for (const { quantity } of lines) units.add(quantity)
  const { cost = null, currency = null } = order ?? {}
  return {
    orders: order === undefined ? 0 : 1,
    units: units.toString(),
    money: cost === null || currency === null ? null : { currency, amount: cost },
  }
}
