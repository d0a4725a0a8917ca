// BullMQ as CommonJS: as modules its hundred files take twice as long to load (180 against 100 ms of
// processor time), in each process that starts.

import { createRequire } from 'node:module'

const bullmq: typeof import('bullmq') = createRequire(import.meta.url)('bullmq')

export const { createPostgresBackend, Queue, runMigrations, withBackend, Worker } = bullmq
export type Queue = import('bullmq').Queue
