// Brings the tables of the Postgres event log forward. Safe to run at any time, and by several
// processes at once: files that were applied are recorded, and one lock lets one process in.

import { basename } from 'node:path'
import { inTransaction, type Pool } from '../postgres.ts'
import { listSqlFiles, sqlFile } from '../sql-file.ts'

export async function migrateEventLog(pool: Pool): Promise<void> {
  const files = await listSqlFiles('event-log/ddl')
  await inTransaction(pool, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('terrace event_log ddl'))`)
    await client.query(`
      create schema if not exists event_log;
      create table if not exists event_log.migration (
        name text primary key,
        applied_at timestamptz not null default now()
      )`)
    const { rows } = await client.query<{ name: string }>('select name from event_log.migration')
    const applied = new Set(rows.map((row) => row.name))
    for (const file of files) {
      const name = basename(file)
      if (applied.has(name)) continue
      await client.query(await sqlFile(file))
      await client.query('insert into event_log.migration (name) values ($1)', [name])
    }
  })
}
