import type { Pool } from '../../../connections/postgres.ts'
import { fetchPage, type Listed, type Page, sql, wherePattern } from './page.ts'

export interface ImportErrorRow {
  /** Airflow's clients want a number; ours is the file's name, so this is its hash. */
  id: number
  filePath: string
  message: string
  line: number | null
  firstSeenAt: Date
  lastSeenAt: Date
}

const ID = `(hashtext(e.file_path) & 2147483647)`

export async function listImportErrors(
  pool: Pool,
  filter: { id?: number | undefined; filePattern?: string | undefined },
  page: Page,
): Promise<Listed<ImportErrorRow>> {
  const query = sql('terrace.import_error as e').select(
    sql.raw(`${ID} as id`),
    'e.file_path as filePath',
    'e.message',
    'e.line',
    'e.first_seen_at as firstSeenAt',
    'e.last_seen_at as lastSeenAt',
  )
  if (filter.id !== undefined) query.whereRaw(`${ID} = ?`, [filter.id])
  wherePattern(query, 'e.file_path', filter.filePattern)
  const order = {
    id: ID,
    import_error_id: ID,
    filename: 'e.file_path',
    timestamp: 'e.first_seen_at',
    stacktrace: 'e.message',
  }
  return fetchPage(pool, query, page, order, 'e.file_path')
}
