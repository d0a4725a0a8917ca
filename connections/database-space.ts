// Whether the disk of a database has space left. Nothing that an account may ask tells: so a few megabytes are
// written, as what a query has no memory for. They leave no row, no file and no write-ahead log.

import { inTransaction, type Pool } from './postgres.ts'

/** @throws the error of the server, 53100 when its disk is full */
export async function probeSpace(pool: Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(`set local work_mem = '64kB'`)
    await client.query('select count(*) from generate_series(1, 60000)')
  })
}
