// Assets named `log:<topic>` are topics of the event log: new messages update them.

import { setTimeout as delay } from 'node:timers/promises'
import { type EventLog, UnknownTopicError } from '../../connections/event-log/types.ts'
import type { AssetSource } from './asset-watchers.ts'

const TOPIC_MISSING_MS = 1_000

export function eventLogSource(log: EventLog): AssetSource {
  return {
    prefix: 'log:',
    async position(topic) {
      try {
        const [ranges, logId] = [await log.ranges(topic), await log.logId()]
        if (ranges.every((range) => range.nextOffset === range.firstOffset)) return null
        // Keys in the order that jsonb gives them back, so that positions compare as text.
        const next = Object.fromEntries(
          ranges
            .toSorted((a, b) => a.partition - b.partition)
            .map((range) => [String(range.partition), String(range.nextOffset)]),
        )
        return { next, log_id: logId }
      } catch (error) {
        if (error instanceof UnknownTopicError) return null
        throw error
      }
    },
    async watch(topic, changed, signal) {
      try {
        await log.watch(topic, changed, { signal })
      } catch (error) {
        if (!(error instanceof UnknownTopicError)) throw error
        // Whoever writes first makes it: look again soon.
        await delay(TOPIC_MISSING_MS, undefined, { signal }).catch(() => {})
      }
    },
  }
}
