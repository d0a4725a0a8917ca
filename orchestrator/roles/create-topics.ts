// Makes the topics that a project declares, when the scheduler starts: on Kafka, which may be away then,
// and may not let us. Those of the embedded log are made by `db migrate`.

import { setTimeout as delay } from 'node:timers/promises'
import type { EventLog } from '../../connections/event-log/types.ts'
import { declaredTopics } from '../../connections/topics.ts'

const RETRY_MS = 10_000

/** Tries until all are there; says each trouble once. Resolves when the signal aborts, too. */
export async function createTopics(
  eventLog: EventLog,
  { log, signal }: { log: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  if (eventLog.kind !== 'kafka') return
  let said = ''
  while (!signal.aborted) {
    try {
      const topics = declaredTopics()
      if (topics.length > 0) await eventLog.ensureTopics([...topics])
      return
    } catch (error) {
      const { message } = error as Error
      if (message !== said && !signal.aborted) {
        log(`The topics of seeds/topics.json cannot be made now: ${message}`)
      }
      said = message
      await delay(RETRY_MS, undefined, { signal }).catch(() => {})
    }
  }
}
