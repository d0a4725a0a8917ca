// Repeats the loads of the vault, in the order in which they were staged, on the second one: the same
// messages a load, under the same id and time. So what depends on the order in which messages came
// (which of two with one id is the event, whether an order was closed by then) comes out as it did.

import { inTransaction, type Pool, type PoolClient } from '../../../connections/postgres.ts'
import { sqlFile } from '../../../connections/sql-file.ts'
import { raiseFence } from '../../../connections/warehouse-fence.ts'
import { failpoint } from '../../../orchestrator/sdk/failpoint.ts'
import { FailTask, type TaskContext } from '../../../orchestrator/sdk/index.ts'
import { type RejectionReason, RULE_VERSION } from '../../messages/rejection.ts'
import { analyzeIncoming, copyIncoming, createIncoming } from '../copy-incoming.ts'
import { type IncomingRow, incomingRow, refusedRow } from '../incoming.ts'
import { targetStatement } from '../key-targets.ts'
import { targets } from '../load-targets.ts'
import type { PlacedMessage } from '../raw-page.ts'
import { replayed as asReplayed } from '../replayed-message.ts'
import { passChecks } from '../run-checks.ts'
import { stageFile } from '../stage-files.ts'
import type { PendingRange } from '../watermarks.ts'
import { inShadow, SHADOW, STAGE_TABLES, shadowSql } from './shadow.ts'

interface FormerLoad {
  load_id: string
  log_id: string
  topic: string
  /** Partition, first and next offset. */
  ranges: [number, string, string][]
  count_raw: string
  only_source: string | null
  /** The reference file that it was made of; null: it was made of messages. */
  file_id: string | null
}

interface ReplayedMessage {
  kafka_partition: number
  kafka_offset: string
  is_taken_here: boolean
  mended_value: Buffer | null
  said_source: string | null
  event_id: string | null
  reason: RejectionReason
  detail: string
}

/** Loads of so many messages, or so many loads, are one transaction. */
const MESSAGES_PER_GROUP = 50_000
const LOADS_PER_GROUP = 200

/** Resolves with how many loads were repeated: all that there are. */
export async function repeatLoads(warehouse: Pool, context: TaskContext): Promise<number> {
  let count = 0
  while (true) {
    context.signal.throwIfAborted()
    const group = await nextGroup(warehouse)
    if (group.length === 0) return count
    await inTransaction(warehouse, async (client) => {
      await raiseFence(client, context.fence)
      for (const load of group) {
        await (load.file_id === null
          ? stageAgain(client, warehouse, load, context.signal)
          : stageFileAgain(client, load.load_id, load.file_id))
      }
      await loadGroup(client, group, context.signal)
      failpoint('rebuild_vault.before_group_commit')
    })
    count += group.length
    context.log.info(`Repeated ${count} loads, up to ${group.at(-1)!.load_id}`)
  }
}

async function nextGroup(warehouse: Pool): Promise<FormerLoad[]> {
  const { rows } = await warehouse.query<FormerLoad>(
    await sqlFile('dds/rebuild/loads_to_repeat.sql'),
    [LOADS_PER_GROUP],
  )
  const group: FormerLoad[] = []
  let messages = 0
  for (const load of rows) {
    if (messages >= MESSAGES_PER_GROUP) break
    group.push(load)
    messages += Number(load.count_raw)
  }
  return group
}

async function stageFileAgain(client: PoolClient, loadId: string, fileId: string): Promise<void> {
  await client.query(
    `insert into ${SHADOW}.load (
       load_id, log_id, topic, ranges, state, rule_version, count_raw, count_staged,
       count_duplicates, count_quarantined, staged_at, file_id
     )
     overriding system value
     select
       load_id, log_id, topic, ranges, 'staged', $2, count_raw, count_staged,
       count_duplicates, count_quarantined, staged_at, file_id
     from dds.load
     where load_id = $1`,
    [loadId, RULE_VERSION],
  )
  await client.query(`select setval(pg_get_serial_sequence($1, 'load_id'), $2)`, [
    `${SHADOW}.load`,
    loadId,
  ])
  await stageFile(client, fileId, loadId, inShadow)
}

async function stageAgain(
  client: PoolClient,
  warehouse: Pool,
  load: FormerLoad,
  signal: AbortSignal,
): Promise<void> {
  const { load_id: loadId, log_id: logId, topic, ranges, count_raw: countRaw } = load
  await createIncoming(client)
  const rowOf = await rowsOfLoad(client, load)
  for (const [partition, from, until] of ranges) {
    const range = { logId, partition, from: BigInt(from), until: BigInt(until) }
    const incoming = { topic, range, room: Number.MAX_SAFE_INTEGER, rowOf }
    await copyIncoming(client, warehouse, incoming, signal)
  }
  await analyzeIncoming(client)
  await client.query(`select setval(pg_get_serial_sequence($1, 'load_id'), $2, false)`, [
    `${SHADOW}.load`,
    loadId,
  ])
  const { rows } = await client.query<{ count_raw: string }>(await shadowSql('load/stage_event'), [
    logId,
    topic,
    JSON.stringify(ranges),
    RULE_VERSION,
  ])
  if (rows[0]!.count_raw !== countRaw) {
    throw new FailTask(
      `Load ${loadId} was made of ${countRaw} messages of topic ${topic}, but raw.message ` +
        `holds ${rows[0]!.count_raw} of them now. dds cannot be rebuilt from a raw that was pruned; it stays ` +
        'as it is.',
    )
  }
  await client.query(
    `update ${SHADOW}.load as repeated
     set staged_at = former.staged_at, only_source = former.only_source
     from dds.load as former
     where former.load_id = repeated.load_id and repeated.load_id = $1`,
    [loadId],
  )
  await client.query('drop table incoming')
}

/**
 * A message that was refused and replayed later stays refused where it was, and is taken by the load
 * of the replay, mended as it was then.
 */
async function rowsOfLoad(
  client: PoolClient,
  { load_id: loadId, only_source: onlySource }: FormerLoad,
): Promise<(topic: string, range: PendingRange, message: PlacedMessage) => IncomingRow> {
  const { rows } = await client.query<ReplayedMessage>(
    await sqlFile('dds/rebuild/replayed_messages.sql'),
    [loadId],
  )
  const replayed = new Map(
    rows.map((row) => [`${row.kafka_partition}/${row.kafka_offset}`, row] as const),
  )
  return (topic, range, read) => {
    const message = { ...read, onlySource }
    const replay = replayed.get(`${range.partition}/${message.offset}`)
    if (replay === undefined) return incomingRow(topic, range, message)
    const { event_id: eventId, reason, detail } = replay
    if (!replay.is_taken_here) {
      return refusedRow(topic, range, message.offset, {
        reason,
        detail,
        eventId,
        source: null,
      })
    }
    const { mended_value: value, said_source: source } = replay
    return incomingRow(topic, range, asReplayed(message, { value, source }))
  }
}

async function loadGroup(
  client: PoolClient,
  group: readonly FormerLoad[],
  signal: AbortSignal,
): Promise<void> {
  const loadIds = group.map(({ load_id }) => load_id)
  for (const table of STAGE_TABLES) await client.query(`analyze ${SHADOW}.${table}`)
  for (const target of Object.values(targets).flat()) {
    await client.query(inShadow((await targetStatement(target)).text), [loadIds])
  }
  await passChecks(client, loadIds, signal, inShadow)
  await client.query(await shadowSql('load/load_day'), [loadIds])
  await client.query(await shadowSql('load/finish_loads'), [loadIds])
}
