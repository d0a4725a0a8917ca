// Brings the tables of the Postgres event log forward. Safe to run at any time, and by several
// processes at once: files that were applied are recorded, and one lock lets one process in.

import { readdir, readFile } from 'node:fs/promises'
import { inTransaction, type Pool } from '../postgres.ts'

const folder = new URL('../../sql/event-log/ddl/', import.meta.url)

export async function migrateEventLog(pool: Pool): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
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
    for (const name of files) {
      if (applied.has(name)) continue
      await client.query(await readFile(new URL(name, folder), 'utf8'))
      await client.query('insert into event_log.migration (name) values ($1)', [name])
    }
  })
}
