// Whose messages a load took when they named no source themselves. It stays with the load: a rebuild
// decides as the first load did, although another source may send to the topic by then.

import type { PoolClient } from '../../connections/postgres.ts'

export async function keepOnlySource(
  client: PoolClient,
  loadId: string,
  source: string | null,
): Promise<void> {
  if (source === null) return
  await client.query('update dds.load set only_source = $2 where load_id = $1', [loadId, source])
}
