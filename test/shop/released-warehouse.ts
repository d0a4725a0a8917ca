// A warehouse as the last release made it, for tests of migrations: its tables can be filled with
// statements, and `migrateWarehouse` then does what an upgrade does.

import { createHash } from 'node:crypto'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { listSqlFiles, sqlFile } from '../../connections/sql-file.ts'
import { freshDatabase } from '../support/database.ts'

/** The last file of each layer in the release. */
const RELEASED = { warehouse: '0002', raw: '0006', dds: '0015' }

export interface ReleasedWarehouse {
  url: string
  pool: Pool
  close(): Promise<void>
}

export async function openReleasedWarehouse(): Promise<ReleasedWarehouse> {
  const database = await freshDatabase()
  const pool = openPostgres(database.url)
  await pool.query(await sqlFile('warehouse/bootstrap.sql'))
  for (const [layer, last] of Object.entries(RELEASED)) {
    await pool.query(`create schema if not exists ${layer}`)
    for (const name of await listSqlFiles(`${layer}/ddl`)) {
      if (name.split('/').at(-1)!.slice(0, 4) > last) continue
      const text = await sqlFile(name)
      await pool.query(text)
      await pool.query(
        `insert into warehouse.migration (store, name, checksum) values ('warehouse', $1, $2)`,
        [name, createHash('sha256').update(text).digest('hex')],
      )
    }
  }
  return {
    url: database.url,
    pool,
    async close() {
      await pool.end()
      await database.drop()
    },
  }
}
