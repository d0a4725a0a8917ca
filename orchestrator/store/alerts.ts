// The alert outbox as its sender sees it. Whatever fails writes its alert itself, in its own
// transaction (sql/orchestrator/functions/alerts.sql); here they are taken, told and marked.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'

export const ALERT_KINDS = [
  'task_failed',
  'data_check_failed',
  'worker_lost',
  'run_failed',
  'import_error',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

/** What became of an alert; the columns' comments say what each means. */
export const ALERT_STATES = ['pending', 'sent', 'grouped', 'failed', 'logged'] as const
export type AlertState = (typeof ALERT_STATES)[number]

export interface Alert {
  id: string
  at: Date
  kind: AlertKind
  /** Why, for programs: `timeout`, `data_check`, `lost` and others. */
  code: string | null
  dagId: string | null
  runId: string | null
  taskId: string | null
  /** -1 for a task that is not mapped. */
  mapIndex: number | null
  tryNumber: number | null
  filePath: string | null
  error: string
}

/** What the schedulers know together of the chat. Times are the database's. */
export interface Chat {
  /** Where messages go now: the group may have moved since it was set. */
  chatId: string
  notBefore: Date | null
  /** When the last message was taken, or refused for good. */
  messagedAt: Date | null
  problems: number
  now: Date
}

/**
 * Works on the chat and the pending alerts as their only sender, in one transaction: when the process
 * dies, all is as before.
 *
 * @returns null when another sender has the chat.
 */
export async function asOnlySender<T>(
  pool: Pool,
  chatId: string,
  work: (client: PoolClient, chat: Chat) => Promise<T>,
): Promise<T | null> {
  return inTransaction(pool, async (client) => {
    // Longer than any call of the Bot API; a sender whose machine is gone does not keep the chat.
    await client.query(`set local idle_in_transaction_session_timeout = '60s'`)
    const { rows } = await client.query<Chat>(
      `select coalesce(c.moved_to, c.chat_id) as "chatId", c.not_before as "notBefore",
         c.messaged_at as "messagedAt", c.n_problems as problems, clock_timestamp() as now
       from terrace.alert_chat c where c.chat_id = $1 for update skip locked`,
      [chatId],
    )
    return rows[0] ? work(client, rows[0]) : null
  })
}

/** Makes the chat known, and says on the page whether there is one. */
export async function setChat(pool: Pool, chatId: string | null): Promise<void> {
  await pool.query(
    `insert into terrace.setting (key, value) values ('telegram', to_jsonb($1::text))
     on conflict (key) do update set value = excluded.value`,
    [chatId === null ? 'off' : 'on'],
  )
  if (chatId === null) return
  await pool.query(
    'insert into terrace.alert_chat (chat_id) values ($1) on conflict (chat_id) do nothing',
    [chatId],
  )
}

export async function hasPendingAlerts(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ any: boolean }>({
    name: 'has_pending_alerts',
    text: `select exists(select from terrace.alert where state = 'pending') as any`,
  })
  return rows[0]!.any
}

/** The oldest pending alerts, locked for this transaction. */
export async function takePendingAlerts(client: PoolClient, limit: number): Promise<Alert[]> {
  const { rows } = await client.query<Alert>(
    `select a.id, a.at, a.kind, a.code, a.dag_id as "dagId", a.run_id as "runId",
       a.task_id as "taskId", a.map_index as "mapIndex", a.try_number as "tryNumber",
       a.file_path as "filePath", a.error
     from terrace.alert a where a.state = 'pending'
     order by a.at, a.id limit $1 for update skip locked`,
    [limit],
  )
  return rows
}

/** pending → sent or grouped. */
export async function markTold(
  client: PoolClient,
  alerts: readonly Alert[],
  state: 'sent' | 'grouped',
): Promise<void> {
  await client.query(
    `update terrace.alert set state = $2, sent_at = clock_timestamp(), attempts = attempts + 1,
       last_problem = null
     where id = any($1)`,
    [alerts.map((alert) => alert.id), state],
  )
}

/** pending → logged: there is no chat. */
export async function markLogged(client: PoolClient, alerts: readonly Alert[]): Promise<void> {
  await client.query(`update terrace.alert set state = 'logged' where id = any($1)`, [
    alerts.map((alert) => alert.id),
  ])
}

/** A try that did not reach the chat: stays pending, or → failed when no other one would. */
export async function markProblem(
  client: PoolClient,
  alerts: readonly Alert[],
  problem: string,
  { forGood }: { forGood: boolean },
): Promise<void> {
  await client.query(
    `update terrace.alert set attempts = attempts + 1, last_problem = $2,
       state = case when $3 then 'failed' else state end
     where id = any($1)`,
    [alerts.map((alert) => alert.id), problem, forGood],
  )
}

/** What the next try has to know; `waitMs` from now, on the database's clock. */
export async function updateChat(
  client: PoolClient,
  chatId: string,
  change: { waitMs: number; problems: number; movedTo: string | null; messaged: boolean },
): Promise<void> {
  await client.query(
    `update terrace.alert_chat set n_problems = $2, moved_to = coalesce($3, moved_to),
       not_before = clock_timestamp() + make_interval(secs => $4),
       messaged_at = case when $5 then clock_timestamp() else messaged_at end
     where chat_id = $1`,
    [chatId, change.problems, change.movedTo, change.waitMs / 1_000, change.messaged],
  )
}
