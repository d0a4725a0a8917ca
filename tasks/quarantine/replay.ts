// Judges quarantined messages again, by the code that refused them, and takes those that pass as if
// they had passed at once: staged or counted as duplicates, under a load that names exactly them.
//
// Two passes in one transaction. The first is a trial that is rolled back: it says what is refused
// again. The second takes the rest, so that what stays refused keeps its row as it was.

import { copyRows } from '../../connections/copy-rows.ts'
import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { declaredTopics } from '../../connections/topics.ts'
import { analyzeIncoming, createIncoming } from '../dds/copy-incoming.ts'
import { INCOMING_COLUMNS, incomingRow } from '../dds/incoming.ts'
import { keepOnlySource } from '../dds/only-source.ts'
import { SHADOW } from '../dds/rebuild/shadow.ts'
import { replayed } from '../dds/replayed-message.ts'
import { RULE_VERSION } from '../messages/rejection.ts'
import { onlySourceOf } from '../messages/source-rules.ts'
import { MAX_MESSAGE_BYTES } from '../messages/validate-message.ts'
import type { MessageHeaders } from '../messages/which-source.ts'

/** Where a message stands in its log. Offsets are int8. */
export interface Place {
  logId: string
  topic: string
  partition: number
  offset: string
}

export interface ReplayRequest {
  /** One message, or all of a reason. Those that were replayed are left alone. */
  selection: { place: Place; reason?: undefined } | { reason: string; place?: undefined }
  /** Judged in place of the message's own bytes; those stay in quarantine. */
  mended?: Buffer
  /** Whose messages they are, whatever they say themselves. */
  source?: string
  /** Says what would become of the messages and changes nothing. */
  dryRun: boolean
  replayedBy: string
}

export interface ReplayResult {
  /** Loads that have to be taken to the vault now, by the DAGs that load their topics. */
  loadIds: string[]
  topics: string[]
  staged: number
  duplicates: number
  refused: Refusal[]
}

export interface Refusal extends Place {
  reason: string
  detail: string
}

interface Log {
  log_id: string
  topic: string
}

interface QuarantinedMessage {
  kafka_partition: number
  kafka_offset: string
  key: Buffer | null
  headers: MessageHeaders
  value: Buffer | null
  bytes: number
  received_at: Date
}

interface Staged {
  load_id: string
  count_raw: string
  count_duplicates: string
}

export class ReplayBusyError extends Error {
  override name = 'ReplayBusyError'
}

const PAGE_ROWS = 500
const LOCK_TIMEOUT = '55P03'

export async function replay(pool: Pool, request: ReplayRequest): Promise<ReplayResult> {
  return inTransaction(pool, async (client) => {
    await holdStaging(client)
    if (!request.dryRun) await refuseBesideRebuild(client)
    const result: ReplayResult = {
      loadIds: [],
      topics: [],
      staged: 0,
      duplicates: 0,
      refused: [],
    }
    for (const log of await logsOf(client, request)) {
      await replayLog(client, log, request, result)
    }
    return result
  })
}

/**
 * Whoever stages an event, or finishes its load, waits: else the same event could be taken from both
 * sides, since neither sees what the other has not committed.
 */
async function holdStaging(client: PoolClient): Promise<void> {
  await client.query(`set local lock_timeout = '60s'`)
  try {
    await client.query('lock table dds.stage_event in share row exclusive mode')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === LOCK_TIMEOUT)) throw error
    const dags = new Set(declaredTopics().map(({ loadedBy }) => loadedBy))
    const loaders = [...dags].map((dag) => `terrace dags list-runs ${dag}`)
    throw new ReplayBusyError(
      'A load of dds, or another replay, has been at work for a minute, and a replay waits for no longer. ' +
        `Nothing was changed. Try again when it has ended: ${loaders.join(' or ')}`,
      { cause: error },
    )
  }
}

/** A rebuild has repeated the load that refused the message: it would take it a second time. */
async function refuseBesideRebuild(client: PoolClient): Promise<void> {
  const { rowCount } = await client.query('select where to_regnamespace($1) is not null', [SHADOW])
  if (rowCount === 0) return
  throw new ReplayBusyError(
    'dds is being rebuilt from raw, and the rebuild judges every message by the rules of today. Nothing ' +
      'was changed. See what is still refused when it has ended: terrace dags list-runs raw_to_dds. A ' +
      `rebuild that was given up is ended by another: terrace dags trigger raw_to_dds --conf '{"rebuild": true}'`,
  )
}

async function logsOf(client: PoolClient, { selection }: ReplayRequest): Promise<Log[]> {
  const { reason, place } = selection
  const { rows } = await client.query<Log>(await sqlFile('dds/replay/logs.sql'), [
    reason ?? null,
    place?.topic ?? null,
    place?.partition ?? null,
    place?.offset ?? null,
    place?.logId ?? null,
  ])
  return rows
}

async function replayLog(
  client: PoolClient,
  log: Log,
  request: ReplayRequest,
  result: ReplayResult,
): Promise<void> {
  await createIncoming(client)
  await copyJudged(client, log, request)
  await analyzeIncoming(client)

  await client.query('savepoint trial')
  await client.query(await sqlFile('dds/replay/forget_refusals.sql'))
  const trial = await stage(client, log)
  const refused = await readRefusals(client, trial.load_id)
  await client.query('rollback to savepoint trial')

  result.refused.push(...refused)
  const duplicates = Number(trial.count_duplicates)
  const staged = Number(trial.count_raw) - duplicates - refused.length
  result.duplicates += duplicates
  result.staged += staged
  if (!request.dryRun && duplicates + staged > 0) {
    await client.query(await sqlFile('dds/replay/leave_out.sql'), [
      refused.map(({ partition }) => partition),
      refused.map(({ offset }) => offset),
    ])
    const { load_id } = await stage(client, log)
    await client.query(await sqlFile('dds/replay/record.sql'), [
      load_id,
      RULE_VERSION,
      request.mended ?? null,
      request.replayedBy,
      request.source ?? null,
    ])
    result.loadIds.push(load_id)
    if (!result.topics.includes(log.topic)) result.topics.push(log.topic)
  }
  await client.query('drop table incoming')
}

/** Fills the temporary table that stage_event.sql reads. */
async function copyJudged(client: PoolClient, log: Log, request: ReplayRequest): Promise<void> {
  const { reason, place } = request.selection
  const { log_id: logId, topic } = log
  let last = { kafka_partition: -1, kafka_offset: '-1' }
  while (true) {
    const { rows } = await client.query<QuarantinedMessage>(
      await sqlFile('dds/replay/messages.sql'),
      [
        logId,
        topic,
        reason ?? null,
        place?.partition ?? null,
        place?.offset ?? null,
        last.kafka_partition,
        last.kafka_offset,
        PAGE_ROWS,
        MAX_MESSAGE_BYTES,
      ],
    )
    const judged = rows.map(({ kafka_partition: partition, kafka_offset: offset, ...message }) =>
      incomingRow(
        topic,
        { logId, partition },
        replayed(
          {
            topic,
            offset,
            key: message.key,
            headers: message.headers,
            onlySource: onlySourceOf(topic),
            value: message.value,
            bytes: message.bytes,
            receivedAt: message.received_at,
          },
          { value: request.mended ?? null, source: request.source ?? null },
        ),
      ),
    )
    await copyRows(client, 'incoming', INCOMING_COLUMNS, [judged])
    const end = rows.at(-1)
    if (end === undefined) return
    last = end
  }
}

async function readRefusals(client: PoolClient, loadId: string): Promise<Refusal[]> {
  const { rows } = await client.query<Refusal>(
    `select log_id as "logId", topic, kafka_partition as partition, kafka_offset as offset,
       reason, detail
     from raw.quarantine
     where load_id = $1
     order by kafka_partition, kafka_offset`,
    [loadId],
  )
  return rows
}

/** Into the load, duplicates and quarantine, by the statement of raw_to_dds. */
async function stage(client: PoolClient, { log_id, topic }: Log): Promise<Staged> {
  const ranges = await client.query<{ ranges: unknown }>(await sqlFile('dds/replay/ranges.sql'))
  const { rows } = await client.query<Staged>(await sqlFile('dds/load/stage_event.sql'), [
    log_id,
    topic,
    JSON.stringify(ranges.rows[0]!.ranges),
    RULE_VERSION,
  ])
  await keepOnlySource(client, rows[0]!.load_id, onlySourceOf(topic))
  return rows[0]!
}
