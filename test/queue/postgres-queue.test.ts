import { Client } from 'pg'
import { expect, it } from 'vitest'
import { migrateQueue, openTaskQueue } from '../../orchestrator/queue/index.ts'
import { freshDatabase } from '../support/database.ts'
import { queueConformance } from './conformance.ts'

queueConformance('Postgres', async () => {
  const database = await freshDatabase()
  await migrateQueue(database.url)
  return {
    open: () => openTaskQueue({ databaseUrl: database.url }),
    async loseEverything() {
      const client = new Client({ connectionString: database.url })
      await client.connect()
      await client.query('delete from bullmq.job')
      await client.end()
    },
    release: () => database.drop(),
  }
})

it('migrates twice without harm', async () => {
  const database = await freshDatabase()
  await migrateQueue(database.url)
  await migrateQueue(database.url)
  await database.drop()
})

it('names DATABASE_URL, and no password, when Postgres cannot be reached', async () => {
  const opening = openTaskQueue({ databaseUrl: 'postgres://u:hush@127.0.0.1:1/nowhere' })
  await expect(opening).rejects.toThrow(/127\.0\.0\.1:1\/nowhere \(DATABASE_URL\)/)
  await expect(opening).rejects.not.toThrow(/hush/)
})
