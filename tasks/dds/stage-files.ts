// Loads of reference files: what the lines of a file say of products is staged like what messages say of
// them, and goes the same way from there. A load takes one file and stays bound to it, so a rebuild takes
// the same lines in the same place.

import {
  inTransaction,
  type Pool,
  type PoolClient,
  type Queryable,
} from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { RULE_VERSION } from '../messages/rejection.ts'
import { findFormat } from '../produce/reading/find-format.ts'

export interface PendingFile {
  file_id: string
  source: string
  format: string
}

const LINES_PER_PAGE = 1_000

export async function pendingFiles(db: Queryable, topic: string): Promise<PendingFile[]> {
  const { rows } = await db.query<PendingFile>(await sqlFile('dds/load/pending_files.sql'), [topic])
  return rows
}

/** One load a file, each in a transaction. */
export async function stageFiles(
  warehouse: Pool,
  topic: string,
  context: TaskContext,
): Promise<void> {
  for (const file of await pendingFiles(warehouse, topic)) {
    context.signal.throwIfAborted()
    const count = await inTransaction(warehouse, async (client) => {
      await raiseFence(client, context.fence)
      const { rows } = await client.query<{ load_id: string }>(
        `insert into dds.load (
           log_id, topic, ranges, state, rule_version, count_raw, count_staged, count_duplicates,
           count_quarantined, file_id
         )
         values ('raw.file_rows', $1, '[]', 'staged', $2, 0, 0, 0, 0, $3)
         returning load_id`,
        [topic, RULE_VERSION, file.file_id],
      )
      return stageFile(client, file.file_id, rows[0]!.load_id, (text) => text)
    })
    context.log.info(`Staged ${count} products of file ${file.file_id} (${file.format})`)
  }
}

/**
 * Stages the lines of a file for a load, and resolves with how many.
 *
 * @param into points a statement at the vault that is filled
 */
export async function stageFile(
  client: PoolClient,
  fileId: string,
  loadId: string,
  into: (sql: string) => string,
): Promise<number> {
  const statement = into(await sqlFile('dds/load/stage_listed_products.sql'))
  let count = 0
  let after = '0'
  while (true) {
    const { rows: lines } = await client.query<Line>(
      `select line_no, source, format, bytes, loaded_at
       from raw.file_rows
       where file_id = $1 and line_no > $2 and problem is null
       order by line_no
       limit $3`,
      [fileId, after, LINES_PER_PAGE],
    )
    if (lines.length === 0) return count
    const { source, format } = lines[0]!
    const read = (await findFormat(format))?.product
    if (!read) throw new TypeError(`Format ${format} of file ${fileId} reads no products.`)
    const products = lines.map(({ line_no, bytes }) => read(Number(line_no), bytes))
    await client.query(statement, [
      loadId,
      source,
      products.map(({ productId }) => productId),
      products.map(({ name }) => name),
      products.map(({ category }) => category),
      products.map(({ price }) => price),
      lines.map(({ loaded_at }) => loaded_at),
    ])
    count += lines.length
    after = lines.at(-1)!.line_no
  }
}

interface Line {
  line_no: string
  source: string
  format: string
  bytes: Buffer
  loaded_at: Date
}
