// The right to replace a table of the marts. ClickHouse cannot take part in a Postgres transaction,
// so a claim gives each load a token of its own: its staging table carries the token, claiming drops
// the staging tables of older tokens, and the token is compared before anything is replaced. A load
// that stalls between comparison and replacement finds its staging table gone and fails.

import type { ClickHouseClient } from '@clickhouse/client'
import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { raiseFence, StaleFenceError } from '../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'

export interface TargetClaim {
  /** A table of database marts; empty, shaped like the target. */
  staging: string
  /** @throws StaleFenceError when the target was claimed again. */
  assertCurrent(): Promise<void>
  /** Drops the staging table. */
  release(): Promise<void>
}

export async function claimTarget(
  stores: { warehouse: Pool; clickhouse: ClickHouseClient },
  martsId: string,
  target: string,
  context: TaskContext,
): Promise<TargetClaim> {
  const { warehouse, clickhouse } = stores
  const { taskInstanceId } = context.fence
  const token = await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const { rows } = await client.query<{ token: string }>(
      `insert into warehouse.target_claim (marts_id, target, token, task_instance_id)
       values ($1, $2, 1, $3)
       on conflict (marts_id, target) do update
       set token = target_claim.token + 1,
         task_instance_id = excluded.task_instance_id,
         claimed_at = now()
       returning token`,
      [martsId, target, taskInstanceId],
    )
    return BigInt(rows[0]!.token)
  })
  await dropOlderStaging(clickhouse, target, token)
  const staging = `staging_${target}_${token}`
  await clickhouse.command({ query: `create table marts.${staging} as marts.${target}` })
  return {
    staging,
    async assertCurrent() {
      const { rows } = await warehouse.query<{ token: string }>(
        'select token from warehouse.target_claim where marts_id = $1 and target = $2',
        [martsId, target],
      )
      if (rows[0]?.token === String(token)) return
      throw new StaleFenceError(
        `Table marts.${target}: this load holds token ${token}, but the table was claimed again with ` +
          `token ${rows[0]?.token ?? 'none'}. Its rows stay unpublished.`,
      )
    },
    async release() {
      await clickhouse.command({ query: `drop table if exists marts.${staging} sync` })
    },
  }
}

async function dropOlderStaging(
  clickhouse: ClickHouseClient,
  target: string,
  token: bigint,
): Promise<void> {
  const result = await clickhouse.query({
    query: `select name from system.tables
      where database = 'marts' and match(name, {pattern:String})`,
    query_params: { pattern: `^staging_${target}_[0-9]+$` },
    format: 'JSONEachRow',
  })
  for (const { name } of await result.json<{ name: string }>()) {
    if (BigInt(name.slice(name.lastIndexOf('_') + 1)) >= token) continue
    await clickhouse.command({ query: `drop table if exists marts.${name} sync` })
  }
}
