// `<topic> <partition> <offset>` of the command line, and the message that stands there.

import { type Pool, UsageError } from '../../orchestrator/cli/commands.ts'
import {
  landedTopics,
  type QuarantinedMessage,
  readMessages,
} from '../quarantine/read-quarantine.ts'

const INT8_MAX = 9_223_372_036_854_775_807n

/** @throws UsageError when there is no such message, or one in several logs and none is named */
export async function requireMessage(
  pool: Pool,
  [topic, partitionText, offset]: readonly [string, string, string],
  logId: string | undefined,
): Promise<QuarantinedMessage> {
  const partition = Number(partitionText)
  if (!/^\d{1,9}$/.test(partitionText)) {
    throw new UsageError(`The partition "${partitionText}" is not a whole number, such as 0.`)
  }
  if (!/^\d{1,19}$/.test(offset) || BigInt(offset) > INT8_MAX) {
    throw new UsageError(`The offset "${offset}" is not a whole number, such as 1042.`)
  }
  const place = `${topic} ${partition} ${offset}`
  const messages = await readMessages(pool, { topic, partition, offset })
  const found = logId ? messages.filter((message) => message.log_id === logId) : messages
  if (found.length === 1) return found[0]!
  const logs = messages.map((message) => message.log_id).join(', ')
  if (messages.length === 0) {
    await requireLanded(pool, topic)
    throw new UsageError(
      `No message at ${place} is in quarantine. Those that are: terrace quarantine list --topic ${topic}`,
    )
  }
  throw new UsageError(
    logId
      ? `Log "${logId}" has no quarantined message at ${place}. Logs that have: ${logs}`
      : `Several logs have a quarantined message at ${place}. Add --log with one of: ${logs}`,
  )
}

async function requireLanded(pool: Pool, topic: string): Promise<void> {
  const topics = await landedTopics(pool)
  if (topics.includes(topic)) return
  throw new UsageError(
    `No message of topic "${topic}" was ever landed. Landed topics: ${topics.join(', ') || 'none yet'}.`,
  )
}
