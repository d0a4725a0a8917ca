// Loads a supplied reference file into raw.file_rows, all of it or nothing. A file whose bytes are those of
// the last one of its format is there already and counts once; one that was changed is a new version.

import { copyRows } from '../../../connections/copy-rows.ts'
import { inTransaction, type Pool, type PoolClient } from '../../../connections/postgres.ts'
import type { FileRecord } from '../reading/format.ts'
import { inBatches } from './in-batches.ts'
import type { Input } from './open-input.ts'
import type { SentFile } from './produce-file.ts'
import { endFile, noTotals, saveTotals } from './produced-files.ts'

const COLUMNS = ['file_id', 'line_no', 'source', 'format', 'bytes', 'problem', 'loaded_at'] as const
const PAGE = {
  records: 1_000,
  bytes: 4 * 1024 * 1024,
  bytesOfOne: 4 * 1024 * 1024,
  lingerMs: 1_000,
}

interface Loading {
  formatName: string
  source: string
  input: Input
  records: AsyncIterable<FileRecord>
  sent: SentFile
}

interface LoadOptions {
  isStrict: boolean
  signal: AbortSignal
  onBad(record: FileRecord, isSent: boolean): void
}

/** Stops the load from within; nothing of the file stays. */
class NotLoaded extends Error {}

export async function loadFileRows(
  pool: Pool,
  { formatName, source, input, records, sent }: Loading,
  { isStrict, signal, onBad }: LoadOptions,
): Promise<void> {
  const { fileId } = sent
  const totals = noTotals()
  async function* pages() {
    for await (const page of inBatches(records, PAGE)) {
      for (const record of page) {
        if (record.problem !== null) onBad(record, !isStrict)
        if (record.problem !== null && isStrict) {
          sent.stop = { why: 'strict' }
          throw new NotLoaded()
        }
        totals.sent += 1
        if (record.problem === null) totals.counted += 1
        else totals.bad += 1
      }
      const now = new Date().toISOString()
      yield page.map(({ line, value, problem }) => [
        ...[fileId, line, source, formatName, value, problem, now],
      ])
      sent.lastLine = page.at(-1)!.line
    }
  }
  try {
    await inTransaction(pool, async (client) => {
      await copyRows(client, 'raw.file_rows', COLUMNS, pages(), signal)
      const hash = input.hash()
      if (await isThere(client, { formatName, source, fileId, hash })) {
        totals.repeated = totals.counted
        totals.counted = 0
        throw new NotLoaded()
      }
      Object.assign(sent.totals, totals)
      await saveTotals(client, fileId, totals)
      await endFile(client, fileId, hash)
    })
  } catch (error) {
    if (!(error instanceof NotLoaded)) throw error
    if (sent.stop !== null) {
      sent.lastLine = 0
      return
    }
    Object.assign(sent.totals, totals)
    await saveTotals(pool, fileId, totals)
  }
}

/** Whether the newest version of the format's rows has these bytes. */
async function isThere(
  client: PoolClient,
  {
    formatName,
    source,
    fileId,
    hash,
  }: { formatName: string; source: string; fileId: string; hash: string },
): Promise<boolean> {
  // Two that load the same file at once: the second waits, and then finds it there.
  await client.query(`select pg_advisory_xact_lock(hashtext('terrace file rows'), hashtext($1))`, [
    `${source} ${formatName}`,
  ])
  const { rows } = await client.query<{ file_hash: string }>(
    `select file_hash
     from raw.produced_file
     where source = $1 and format = $2 and is_whole and file_id <> $3
     order by ended_at desc, file_id desc
     limit 1`,
    [source, formatName, fileId],
  )
  return rows[0]?.file_hash === hash
}
