// A warehouse of one's own for a test file: migrated database, event log in its tables, and what
// `connections()` answers. Marts are added by those who need them.

import type { ClickHouseClient } from '@clickhouse/client'
import { migrateEventLog, openPostgresEventLog } from '../../connections/event-log/index.ts'
import type { EventLog } from '../../connections/event-log/types.ts'
import type { Connections } from '../../connections/index.ts'
import { useConnections } from '../../connections/index.ts'
import { migrateWarehouse } from '../../connections/migrations.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import type { Json, TaskContext } from '../../orchestrator/sdk/index.ts'
import { type LoggedLine, testContext } from '../../orchestrator/sdk/testing.ts'
import {
  type CleanResult,
  checkLoads,
  cleanAndValidate,
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import {
  buildMart,
  checkBatch,
  checkMarts,
  FACTS,
  freezeBatch,
  MARTS,
  type Mart,
  type MartBatch,
  publishBatch,
  TARGETS,
  transferTable,
} from '../../tasks/marts/index.ts'
import { checkKafkaMessage, consumeAndSave, measureLag } from '../../tasks/raw/index.ts'
import { freshDatabase } from '../support/database.ts'

export interface TestWarehouse {
  url: string
  pool: Pool
  log: EventLog
  connections: Connections
  close(): Promise<void>
}

const notThere = new Proxy({} as ClickHouseClient, {
  get: () => {
    throw new Error('This test opened no ClickHouse.')
  },
})

export async function openTestWarehouse(
  options: { clickhouse?: ClickHouseClient; clickhouseUrl?: string } = {},
): Promise<TestWarehouse> {
  const database = await freshDatabase({
    template: {
      name: 'warehouse',
      async build(url) {
        const pool = openPostgres(url)
        await migrateEventLog(pool)
        await migrateWarehouse({ warehouse: pool })
        await pool.end()
      },
    },
  })
  const pool = openPostgres(database.url)
  const log = openPostgresEventLog(pool)
  const connections: Connections = {
    warehouse: pool,
    landing: pool,
    eventLog: log,
    clickhouse: options.clickhouse ?? notThere,
    addresses: {
      databaseUrl: database.url,
      warehouseUrl: database.url,
      redisUrl: null,
      kafkaBrokers: null,
      clickhouseUrl: options.clickhouseUrl ?? '',
    },
    close: async () => {},
  }
  useConnections(connections)
  return {
    url: database.url,
    pool,
    log,
    connections,
    async close() {
      await log.close()
      await pool.end()
      await database.drop()
    },
  }
}

let instances = 0

/** The context of a new task instance, so that fences of different calls do not meet. */
export function nextContext(
  overrides: Partial<TaskContext> = {},
): TaskContext & { readonly logged: readonly LoggedLine[] } {
  instances += 1
  const taskInstanceId = `00000000-0000-7000-8000-${String(instances).padStart(12, '0')}`
  return testContext({ fence: { taskInstanceId, value: 1 }, ...overrides })
}

/** kafka_to_raw, task by task. */
export async function landTopic(
  rowsPerTransaction = 50_000,
  topic = 'user_events',
): Promise<number> {
  const lag = await measureLag({ topics: [topic] })
  if (!checkKafkaMessage({ lag })) return 0
  const { countLanded } = await consumeAndSave({ lag, rowsPerTransaction }, nextContext())
  return countLanded
}

/** raw_to_dds without its look-ups and statistics, task by task, the targets in the given order. */
export async function loadVault(
  options: {
    topic?: string
    rowsPerLoad?: number
    order?: ('users' | 'products' | 'orders' | 'events')[]
    times?: number
    /** What stands between the checks and the end of the loads. */
    beforeFinish?: (loads: CleanResult) => Promise<unknown>
  } = {},
): Promise<CleanResult> {
  const loads = await cleanAndValidate(
    { topic: options.topic ?? 'user_events', rowsPerLoad: options.rowsPerLoad ?? 50_000 },
    nextContext(),
  )
  const targets = {
    users: upsertUsersFromRaw,
    products: loadProductsAndCategories,
    orders: loadOrdersFromEvents,
    events: validateAndLoadEvents,
  }
  for (let time = 0; time < (options.times ?? 1); time++) {
    for (const name of options.order ?? (['users', 'products', 'orders', 'events'] as const)) {
      await targets[name]({ loads }, nextContext())
    }
  }
  await checkLoads({ loads }, nextContext())
  await options.beforeFinish?.(loads)
  await finishLoads({ loads }, nextContext())
  return loads
}

/** dds_to_clickhouse, task by task, tables side by side as in the DAG. */
export async function loadMarts(
  options: { rebuild?: unknown; copiedRows?: number; context?: () => TaskContext } = {},
): Promise<MartBatch> {
  const context = options.context ?? nextContext
  const conf = options.rebuild === undefined ? {} : { rebuild: options.rebuild as Json }
  const batch = await freezeBatch({}, { ...context(), conf })
  if (!checkBatch({ batch })) return batch
  const loaded = await Promise.all(
    FACTS.map((target) => transferTable({ target, batch }, context())),
  )
  const build = (target: Mart) =>
    buildMart(
      {
        target,
        batch,
        ...(options.copiedRows !== undefined && { copiedRows: options.copiedRows }),
      },
      context(),
    )
  const built = new Map<Mart, Promise<unknown>>()
  for (const [mart, reads] of Object.entries(MARTS)) {
    built.set(
      mart,
      Promise.all(reads.map((table) => built.get(table))).then(() => build(mart)),
    )
  }
  await Promise.all(built.values())
  await checkMarts({ batch, loaded }, context())
  await publishBatch({ batch, targets: [...TARGETS] }, context())
  return batch
}
