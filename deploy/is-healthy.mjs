// The health check of a container: ends with 0 when every process that this container has started last
// holds its lease. The lease is what the others decide by, too: a process that cannot renew it is given
// up by them.

import { hostname } from 'node:os'
import pg from 'pg'

const client = new pg.Client({
  connectionString: process.env.DATABASE_URL,
  connectionTimeoutMillis: 5_000,
  query_timeout: 5_000,
})
try {
  await client.connect()
  const { rows } = await client.query(
    `select distinct on (kind)
       kind,
       state in ('running', 'draining') and lease_until > clock_timestamp() as alive
     from terrace.process
     where hostname = $1
     order by kind, started_at desc`,
    [process.env.TERRACE_HOSTNAME || hostname()],
  )
  const lost = rows.filter((row) => !row.alive).map((row) => row.kind)
  if (rows.length === 0 || lost.length > 0) {
    console.error(`No lease is held: ${lost.join(', ') || 'no process has registered'}.`)
    process.exitCode = 1
  }
} catch (error) {
  console.error(`Postgres (DATABASE_URL) does not answer: ${error.message || error.code}`)
  process.exitCode = 1
} finally {
  await client.end().catch(() => {})
}
