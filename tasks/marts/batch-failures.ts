// Which runs could not load or check a batch, and whether the batch itself may be the reason. A batch that
// fails again and again for a reason of its own is set aside (set-aside.ts); a store that does not answer
// is no reason, since it fails every batch alike.

import { connections } from '../../connections/index.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { MartBatch } from './freeze-batch.ts'

/** Of Node's network, and of connections that were cut. */
const NETWORK =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET|ENOSPC|EMFILE)|socket hang up|Connection terminated|timeout exceeded when trying to connect|Timeout error/
/** SQLSTATE classes: connection, rollback, resources, intervention, system. */
const POSTGRES = /^(08|40|53|55|57|58)/
/** A server that is full, busy, ending, read-only or of another account fails all batches. */
const CLICKHOUSE = new Set([
  'ABORTED',
  'ACCESS_DENIED',
  'ALL_CONNECTION_TRIES_FAILED',
  'AUTHENTICATION_FAILED',
  'CANNOT_ALLOCATE_MEMORY',
  'CANNOT_CLOSE_FILE',
  'CANNOT_CREATE_DIRECTORY',
  'CANNOT_OPEN_FILE',
  'CANNOT_READ_FROM_FILE_DESCRIPTOR',
  'CANNOT_SCHEDULE_TASK',
  'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
  'DNS_ERROR',
  'KEEPER_EXCEPTION',
  'MEMORY_LIMIT_EXCEEDED',
  'NETWORK_ERROR',
  'NOT_ENOUGH_SPACE',
  'NO_ZOOKEEPER',
  'QUERY_WAS_CANCELLED',
  'QUOTA_EXCEEDED',
  'READONLY',
  'REQUIRED_PASSWORD',
  'S3_ERROR',
  'SERVER_OVERLOADED',
  'SOCKET_TIMEOUT',
  'TABLE_IS_READ_ONLY',
  'TIMEOUT_EXCEEDED',
  'TOO_FEW_LIVE_REPLICAS',
  'TOO_MANY_PARTS',
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'UNKNOWN_DATABASE',
  'UNKNOWN_STATUS_OF_INSERT',
  'UNKNOWN_TABLE',
  'UNKNOWN_USER',
  'WRONG_PASSWORD',
])
/** What a type from above says of one statement, which another batch would not have made. */
const OF_ONE_STATEMENT = /partitions for single INSERT block/
/** Another attempt or run has taken over. */
const OVERTAKEN = new Set(['StaleFenceError', 'MartWatermarkMovedError', 'BatchChangedError'])
const LONGEST_PROBLEM = 1_000

/** Runs work of a batch, and notes its failure for the run that takes the batch up next. */
export async function notingFailure<Result>(
  { batchId }: MartBatch,
  context: TaskContext,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (batchId !== null) {
      // What has failed is what the task says, whether or not it could be noted.
      await note(batchId, context, error).catch(() => {})
    }
    throw error
  }
}

async function note(
  batchId: string,
  { runId, taskId, signal }: TaskContext,
  error: unknown,
): Promise<void> {
  const { warehouse } = await connections()
  const isOwn = signal.aborted ? isTimeout(signal.reason) : isOwnReason(error)
  const { message = String(error) } = error instanceof Error ? error : {}
  const problem = message.replaceAll('\0', '').slice(0, LONGEST_PROBLEM).toWellFormed()
  await warehouse.query(
    `insert into dds.mart_batch_failure (batch_id, run_id, task_id, is_own, problem)
     select batch_id, $2, $3, $4, $5
     from dds.mart_batch
     where batch_id = $1 and state = 'frozen'
     on conflict (batch_id, run_id, task_id) do update
     set is_own = excluded.is_own, problem = excluded.problem`,
    [batchId, runId, taskId, isOwn, problem],
  )
}

/** An attempt that was cancelled or given back says nothing about the batch. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'terrace_timeout'
}

/** false: what failed would have failed with any batch. */
export function isOwnReason(error: unknown): boolean {
  if (!(error instanceof Error)) return true
  if (OVERTAKEN.has(error.name)) return false
  const { code = '', type = '' } = error as { code?: unknown; type?: unknown }
  if (typeof type === 'string' && CLICKHOUSE.has(type)) return OF_ONE_STATEMENT.test(error.message)
  if (NETWORK.test(String(code)) || NETWORK.test(error.message)) return false
  if (error.name === 'error' && POSTGRES.test(String(code))) return false
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every(isOwnReason)
  }
  return error.cause === undefined || isOwnReason(error.cause)
}
