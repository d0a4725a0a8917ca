// The right to replace a table of the marts, one load at a time.
//
// A lock of Postgres that lives as long as the load's connection makes a second run wait, and is gone
// with the process. It cannot stop an attempt that lost its lease and stands still: ClickHouse takes
// part in no transaction of Postgres. So each load has a token of its own as well: its staging table
// carries the token, claiming drops the staging tables of older tokens, and the token is compared
// before anything is replaced. A load that stalls between comparison and replacement finds its
// staging table gone and fails.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Pool, PoolClient } from '../../connections/postgres.ts'
import { raiseFence, StaleFenceError } from '../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'

const POLL_MS = 200

interface Claimed {
  martsId: string
  target: string
}

export interface TargetClaim {
  /**
   * Holds the lock. A load asks Postgres on this connection alone: one that held it and waited for
   * another of the same pool could wait for ever.
   */
  db: PoolClient
  /** Makes a table of database marts, empty, shaped like the target, and returns its name. */
  stage(): Promise<string>
  /**
   * Makes a table of one column `day`, with these days. A list of them in a statement would grow with
   * the days, and a server takes no statement of any length.
   */
  stageDays(days: readonly string[]): Promise<string>
  /** Drops what was staged. */
  release(): Promise<void>
  /** @throws StaleFenceError when the target was claimed again. */
  assertCurrent(): Promise<void>
  /** A transaction of `db`; what fails in it ends the load, and rolls back with its connection. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>
}

/** Runs `load` once no other load of the target is under way. */
export async function claimTarget<Result>(
  { warehouse, clickhouse }: { warehouse: Pool; clickhouse: ClickHouseClient },
  claimed: Claimed,
  context: TaskContext,
  load: (claim: TargetClaim) => Promise<Result>,
): Promise<Result> {
  const db = await warehouse.connect()
  let failure: Error | undefined
  try {
    await waitForLock(db, claimed, context)
    const token = await takeToken(db, claimed, context)
    const result = await load(claimOf(db, clickhouse, claimed, token))
    await db.query('select pg_advisory_unlock_all()')
    return result
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    // Closed after a failure, which rolls back and unlocks whatever it was at.
    db.release(failure)
  }
}

async function waitForLock(
  db: PoolClient,
  { martsId, target }: Claimed,
  { fence, signal, log }: TaskContext,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted()
    const { rows } = await db.query<{ is_mine: boolean; holder: string | null }>(
      `select
         pg_try_advisory_lock(hashtextextended('terrace marts ' || $1 || ' ' || $2, 0)) as is_mine,
         (
           select task_instance_id from warehouse.target_claim
           where marts_id = $1::uuid and target = $2
         ) as holder`,
      [martsId, target],
    )
    const { is_mine: isMine, holder } = rows[0]!
    // An older attempt of this very task has lost its lease: its token is what keeps it out.
    if (isMine || holder === fence.taskInstanceId) return
    if (tries === 1) {
      log.warning(
        `Table marts.${target} is being loaded by task instance ${holder} of another run; this load ` +
          'waits for it. If that run does not go on, end its process: the lock goes with it.',
      )
    }
    await sleep(POLL_MS, undefined, { signal })
  }
}

async function takeToken(
  db: PoolClient,
  { martsId, target }: Claimed,
  { fence }: TaskContext,
): Promise<bigint> {
  return transactionOf(db, async () => {
    await raiseFence(db, fence)
    const { rows } = await db.query<{ token: string }>(
      `insert into warehouse.target_claim (marts_id, target, token, task_instance_id)
       values ($1, $2, 1, $3)
       on conflict (marts_id, target) do update
       set token = target_claim.token + 1,
         task_instance_id = excluded.task_instance_id,
         claimed_at = now()
       returning token`,
      [martsId, target, fence.taskInstanceId],
    )
    return BigInt(rows[0]!.token)
  })
}

function claimOf(
  db: PoolClient,
  clickhouse: ClickHouseClient,
  { martsId, target }: Claimed,
  token: bigint,
): TargetClaim {
  const staging = `staging_${target}_${token}`
  const stagedDays = `${staging}_days`
  const made: string[] = []
  return {
    db,
    async stage() {
      await dropOlderStaging(clickhouse, target, token)
      await clickhouse.command({ query: `create table marts.${staging} as marts.${target}` })
      made.push(staging)
      return staging
    },
    async stageDays(days) {
      await clickhouse.command({
        query: `create table marts.${stagedDays} (day Date) engine = MergeTree order by day`,
      })
      made.push(stagedDays)
      await clickhouse.insert({
        table: `marts.${stagedDays}`,
        values: days.map((day) => ({ day })),
        format: 'JSONEachRow',
      })
      return stagedDays
    },
    async release() {
      for (const table of made) {
        await clickhouse.command({ query: `drop table if exists marts.${table} sync` })
      }
    },
    async assertCurrent() {
      const { rows } = await db.query<{ token: string }>(
        'select token from warehouse.target_claim where marts_id = $1 and target = $2',
        [martsId, target],
      )
      if (rows[0]?.token === String(token)) return
      throw new StaleFenceError(
        `Table marts.${target}: this load holds token ${token}, but the table was claimed again with ` +
          `token ${rows[0]?.token ?? 'none'}. Its rows stay unpublished.`,
      )
    },
    transaction: (work) => transactionOf(db, work),
  }
}

/** What fails in it ends the load, and rolls back with its connection. */
export async function transactionOf<Result>(
  db: PoolClient,
  work: () => Promise<Result>,
): Promise<Result> {
  await db.query('begin')
  const result = await work()
  await db.query('commit')
  return result
}

async function dropOlderStaging(
  clickhouse: ClickHouseClient,
  target: string,
  token: bigint,
): Promise<void> {
  const result = await clickhouse.query({
    query: `select name from system.tables
      where database = 'marts' and match(name, {pattern:String})`,
    query_params: { pattern: `^staging_${target}_[0-9]+(_days)?$` },
    format: 'JSONEachRow',
  })
  for (const { name } of await result.json<{ name: string }>()) {
    if (BigInt(/_(\d+)(?:_days)?$/.exec(name)![1]!) >= token) continue
    await clickhouse.command({ query: `drop table if exists marts.${name} sync` })
  }
}
