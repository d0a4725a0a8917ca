// Publishes staged partitions. Every statement names the staging table, also where it empties a
// partition: a load that was overtaken finds its staging table gone, and fails instead of emptying
// what a newer one has loaded.

import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { CheckedTable } from './staging-checks.ts'

/** A year of days in four statements, each with a lock of the table that is held for moments. */
const PARTITIONS_PER_STATEMENT = 100
/** Servers that know it refuse a source without rows unless it is set; older ones always took it. */
const FROM_EMPTY = 'allow_replace_partition_from_empty_source'

/** @param partitions as ClickHouse writes them: `('terrace', '2026-01-01')`, `tuple()` */
export async function replacePartitions(
  clickhouse: ClickHouseClient,
  { target, table, signal }: CheckedTable,
  partitions: readonly string[],
): Promise<void> {
  const clickhouse_settings = await settingsOf(clickhouse)
  for (let at = 0; at < partitions.length; at += PARTITIONS_PER_STATEMENT) {
    signal.throwIfAborted()
    const commands = partitions
      .slice(at, at + PARTITIONS_PER_STATEMENT)
      .map((partition) => `replace partition ${partition} from marts.${table}`)
    await clickhouse.command({
      query: `alter table marts.${target} ${commands.join(', ')}`,
      clickhouse_settings,
    })
    failpoint('dds_to_clickhouse.between_replacements')
  }
}

const settings = new WeakMap<ClickHouseClient, Promise<ClickHouseSettings>>()

/** Asked once a server: it does not learn a setting while it runs. */
function settingsOf(clickhouse: ClickHouseClient): Promise<ClickHouseSettings> {
  let known = settings.get(clickhouse)
  if (known === undefined) {
    known = askSettings(clickhouse)
    settings.set(clickhouse, known)
    known.catch(() => settings.delete(clickhouse))
  }
  return known
}

async function askSettings(clickhouse: ClickHouseClient): Promise<ClickHouseSettings> {
  const result = await clickhouse.query({
    query: 'select name from system.settings where name = {setting:String}',
    query_params: { setting: FROM_EMPTY },
    format: 'JSONEachRow',
  })
  return (await result.json()).length > 0 ? { [FROM_EMPTY]: 1 } : {}
}
