// Columns go by their names: what a load's statement answers must be what its table has, whatever the
// order. A column that one of them lacks would otherwise be left out or be filled with nothing, in silence.

import type { ClickHouseClient } from '@clickhouse/client'
import { FailTask } from '../../orchestrator/sdk/index.ts'
import { statementOf, type Target } from './targets.ts'

/**
 * The columns of a statement of ClickHouse, checked, as an insert lists them.
 *
 * @throws FailTask that names the columns that one of the two lacks
 */
export async function insertedColumns(
  clickhouse: ClickHouseClient,
  target: Target,
  load: string,
): Promise<string> {
  const columns = await answeredColumns(clickhouse, load)
  await assertColumns(clickhouse, target, columns)
  return columns.join(', ')
}

/** By the text of the statement, which alone decides their names: asked once, and not with every batch. */
const columnsOfLoads = new Map<string, readonly string[]>()

async function answeredColumns(
  clickhouse: ClickHouseClient,
  load: string,
): Promise<readonly string[]> {
  const known = columnsOfLoads.get(load)
  if (known !== undefined) return known
  const described = await clickhouse.query({
    query: `describe table (${load}\n)`,
    query_params: { days: [], source: '' },
    format: 'JSONEachRow',
  })
  const columns = (await described.json<{ name: string }>()).map(({ name }) => name)
  // A "*" is what its table has today.
  if (!load.includes('*')) columnsOfLoads.set(load, columns)
  return columns
}

/** @throws FailTask that names the columns that one of the two lacks */
export async function assertColumns(
  clickhouse: ClickHouseClient,
  target: Target,
  answered: readonly string[],
): Promise<void> {
  const result = await clickhouse.query({
    query: `select name, default_kind <> '' as has_default
      from system.columns
      where database = 'marts' and table = {target:String}`,
    query_params: { target },
    format: 'JSONEachRow',
  })
  const held = await result.json<{ name: string; has_default: number | boolean }>()
  const names = held.map(({ name }) => name)
  const unknown = answered.filter((name) => !names.includes(name))
  const missing = held.filter((one) => !one.has_default && !answered.includes(one.name))
  if (unknown.length === 0 && missing.length === 0) return
  const found = [
    missing.length > 0 && `answers no ${missing.map(({ name }) => name).join(', ')}`,
    unknown.length > 0 && `answers ${unknown.join(', ')}, of which marts.${target} has no column`,
  ].filter((one) => one !== false)
  throw new FailTask(
    `sql/${statementOf(target, 'load')}: the statement ${found.join(', and ')}. The table has ` +
      `${names.join(', ')}. Name the columns of the statement as the table's, or change the table by ` +
      'a new file in sql/marts/ddl. Nothing was published.',
  )
}
