// The connection of Metabase to the marts: found by its name, made or brought up to date.

import { z } from 'zod'
import type { MetabaseClient } from './client.ts'
import { MetabaseError } from './metabase-error.ts'
import type { ClickHouseAddress } from './settings.ts'

export const CONNECTION = 'marts'

const named = z.object({ id: z.number(), name: z.string(), engine: z.string().nullish() })
// A list in older versions, a page of one in newer ones.
const databases = z.union([z.array(named), z.object({ data: z.array(named) })])

/** Returns the id. @throws MetabaseError when Metabase cannot reach the marts */
export async function connectMarts(
  metabase: MetabaseClient,
  clickhouse: ClickHouseAddress,
): Promise<number> {
  const found = await metabase.get('/api/database', databases)
  const known = (Array.isArray(found) ? found : found.data).find(
    // One of the same name to another engine is somebody else's.
    ({ name, engine }) => name === CONNECTION && (engine ?? 'clickhouse') === 'clickhouse',
  )
  const { host, port, user, password, ssl } = clickhouse
  const body = {
    name: CONNECTION,
    engine: 'clickhouse',
    // One database: with several, the tables would have a schema, and questions name none.
    details: { host, port, user, password, dbname: 'marts', 'enable-multiple-db': false, ssl },
  }
  const answer = known
    ? await metabase.ask('PUT', `/api/database/${known.id}`, body)
    : await metabase.ask('POST', '/api/database', body)
  const made = named.safeParse(answer.body)
  if (answer.status < 300 && made.success) return made.data.id
  throw new MetabaseError(
    `Metabase cannot use the marts at ${host}:${port} as user ${user} (${metabase.complaint(answer)}). Set ` +
      'METABASE_CLICKHOUSE_URL to the address of ClickHouse as Metabase reaches it, with user and ' +
      'password in it; in a container, 127.0.0.1 is the container itself.',
  )
}
