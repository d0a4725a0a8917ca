// A worker in a process of its own, which a test may kill. Says `ready` when it takes deliveries.

import { openPostgres } from '../../connections/postgres.ts'
import { openTaskQueue } from '../../orchestrator/queue/index.ts'
import { startWorker } from '../../orchestrator/worker/start-worker.ts'

const [databaseUrl, dagsFolder, redisUrl, redisPrefix] = process.argv.slice(2)
const pool = openPostgres(databaseUrl!, { max: 4 })
const queue = await openTaskQueue({
  databaseUrl: databaseUrl!,
  ...(redisUrl ? { redisUrl, redisPrefix: redisPrefix! } : {}),
})
const worker = await startWorker({
  pool,
  queue,
  dagsFolder: dagsFolder!,
  concurrency: 4,
  hostname: 'child',
  log: (level, message) => process.stderr.write(`${level}: ${message}\n`),
  limits: { drainMs: 300, abortGraceMs: 200 },
})
process.on('SIGTERM', async () => {
  await worker.drain()
  await queue.close()
  await pool.end()
})
process.send?.('ready')
process.disconnect?.()
