// Which tasks run which statements of sql/, and which tables they write without one. The DAGs say
// which task runs which function on which target; what a function runs is written down here, and
// test/shop/catalogue.test.ts fails when a statement is missing.

import ddsToClickhouse from '../../dags/dds_to_clickhouse.ts'
import generateEvents from '../../dags/generate_events.ts'
import initClickhouse from '../../dags/init_clickhouse.ts'
import initDwh from '../../dags/init_dwh.ts'
import kafkaToRaw from '../../dags/kafka_to_raw.ts'
import liveEnrichment from '../../dags/live_enrichment.ts'
import orderStream from '../../dags/order_stream.ts'
import rawToDds from '../../dags/raw_to_dds.ts'
import { targetStatement } from '../../tasks/dds/key-targets.ts'
import { targets } from '../../tasks/dds/load-targets.ts'
import { statementOf } from '../../tasks/marts/targets.ts'

const DAGS = [
  generateEvents,
  initDwh,
  initClickhouse,
  kafkaToRaw,
  rawToDds,
  orderStream,
  liveEnrichment,
  ddsToClickhouse,
]

interface Work {
  statements?: string[]
  tables?: string[]
}

const pathsOfTargets = new Map<string, string>(
  await Promise.all(
    Object.values(targets)
      .flat()
      .map(async (name) => [name, (await targetStatement(name)).path] as const),
  ),
)
const load = (names: readonly string[]) =>
  names.map((name) => pathsOfTargets.get(name) ?? `dds/load/${name}.sql`)
const enrich = (...names: string[]) => names.map((name) => `dds/enrich/${name}.sql`)
const answer = (kind: string) =>
  enrich('kept_answers', 'keep_answers', 'postpone_questions', `answer_${kind}`, 'close_questions')

const WORK: Record<string, Work> = {
  consumeAndSave: { tables: ['raw.message', 'raw.batch', 'raw.kafka_offsets'] },
  cleanAndValidate: {
    statements: load(['incoming', 'stage_event', 'pending_files', 'stage_listed_products']),
    tables: ['dds.raw_watermark'],
  },
  upsertUsersFromRaw: { statements: load(targets.users) },
  loadProductsAndCategories: { statements: load(targets.products) },
  loadOrdersFromEvents: { statements: load(targets.orders) },
  validateAndLoadEvents: { statements: load(targets.events) },
  findLookups: {
    statements: enrich('loads_to_note', 'note_geo', 'note_weather', 'note_fx', 'loads_noted'),
  },
  getRandomCity: { statements: answer('geo') },
  getWeather: { statements: answer('weather') },
  getCurrencyRates: { statements: answer('fx') },
  finishLoads: { statements: load(['load_day', 'finish_loads']) },
  freezeBatch: {
    statements: [
      'marts/batches/batch_days.sql',
      'marts/batches/dds_days.sql',
      'marts/batches/turns.sql',
      'marts/batches/waiting.sql',
    ],
    tables: ['dds.mart_batch', 'dds.mart_batch_load', 'dds.mart_batch_day', 'dds.mart_turn'],
  },
  publishBatch: { tables: ['dds.mart_batch'] },
}

export interface TaskWork {
  /** `dag_id.task_id`. */
  task: string
  statements: string[]
  tables: string[]
}

/** Every task of the shop's DAGs that writes, in the order of the layers. */
export function worksOfTasks(): TaskWork[] {
  return DAGS.flatMap(({ serialized, handlers }) =>
    serialized.tasks.flatMap(({ taskId, args }) => {
      const work = WORK[handlers.get(taskId)!.handler.name] ?? {}
      const target = targetOf(args)
      const statements = [
        ...(work.statements ?? []),
        ...(target ? [statementOf(target, 'load')] : []),
      ]
      const tables = [...(work.tables ?? []), ...(target ? [`marts.${target}`] : [])]
      if (statements.length + tables.length === 0) return []
      return [{ task: `${serialized.dagId}.${taskId}`, statements, tables }]
    }),
  )
}

/** The table of the marts that a task loads. */
function targetOf(args: unknown): string | null {
  const named = typeof args === 'object' && args !== null && 'target' in args
  return named && typeof args.target === 'string' ? args.target : null
}
