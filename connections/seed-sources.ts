// Writes what sources.json says to dds.ref_source. Runs with every migration, so that an edit of a row
// reaches the warehouse with the next start.

import type { PoolClient } from './postgres.ts'
import { readSourceRules, type SourceRow, SourceRulesError } from './source-rules.ts'
import { sqlFile } from './sql-file.ts'

const UNKNOWN_ZONE = '22023'

/** What has to be loaded anew when the field changes: what is loaded goes by the old value. */
const REBUILT = {
  time_zone: `its times and days in dds and the marts: terrace dags trigger raw_to_dds --conf '{"rebuild": true}'`,
  currency: `its prices in dds and the marts: terrace dags trigger raw_to_dds --conf '{"rebuild": true}'`,
  revenue: `its marts: terrace dags trigger dds_to_clickhouse --conf '{"rebuild": "all"}'`,
  marts_currency: `its marts: terrace dags trigger dds_to_clickhouse --conf '{"rebuild": "all"}'`,
} satisfies Partial<Record<keyof SourceRow, string>>

/**
 * Resolves with what people have to do because of a change, a text each.
 *
 * @throws SourceRulesError
 */
export async function seedSources(client: PoolClient): Promise<string[]> {
  const given = readSourceRules()
  const { rows } = await client
    .query<{ former: SourceRow | null; given: SourceRow }>(
      await sqlFile('dds/sources/upsert_sources.sql'),
      [JSON.stringify(given)],
    )
    .catch((error: unknown) => {
      throw ofZone(error)
    })
  return rows.flatMap(({ former, given }) => (former === null ? [] : toRebuild(former, given)))
}

function toRebuild(former: SourceRow, given: SourceRow): string[] {
  return (Object.keys(REBUILT) as (keyof typeof REBUILT)[])
    .filter((field) => former[field] !== given[field])
    .map(
      (field) =>
        `Source "${given.source}": ${field} was ${former[field]} and is ${given[field]} from now on. What ` +
        `was loaded before goes by the old one. Load anew ${REBUILT[field]}`,
    )
}

/** The zones of Postgres are those of its own installation, which may be older than ours. */
function ofZone(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === UNKNOWN_ZONE)) return error
  return new SourceRulesError(
    `sources.json, time_zone: Postgres does not know a zone that is given there (${error.message}). ` +
      'Write a zone that it has: select name from pg_timezone_names.',
    { cause: error },
  )
}
