// The rows of the table: what each measures, what the bare limit beside it is, and the target.

export type QueueKind = 'redis' | 'postgres'
/** What a row was measured on: a queue, or for the warehouse the log in Kafka or in Postgres. */
export type EngineKind = QueueKind | 'kafka'
export const ENGINES = ['redis', 'kafka', 'postgres'] as const satisfies readonly EngineKind[]

export interface Row {
  key: string
  benchmark: 'B1' | 'B2' | 'B3' | 'B5' | 'B6' | 'B7' | 'B8'
  title: string
  unit: string
  /** What `limit` samples are; null when nothing bare is comparable. */
  limit: string | null
  /** Whether a smaller number is better; the ratio is always Terrace ÷ limit. */
  lowerIsBetter: boolean
  target: Partial<Record<EngineKind, number>>
  /**
   * What the limit was on the machine that the targets in `unit` were set on. Another machine is as
   * much slower for us as for the limit, so the target is kept as a ratio to it.
   */
  limitWhenSet?: Partial<Record<EngineKind, number>>
  /** The target of Terrace ÷ limit, where that is what is asked for. */
  targetRatio?: number
}

const lower = { lowerIsBetter: true }

export const ROWS: readonly Row[] = [
  {
    ...lower,
    key: 'b1_continued',
    benchmark: 'B1',
    title: 'chain of 40 × fib(10), continuing on the worker',
    unit: 'ms/task',
    limit: 'BullMQ worker that adds the next job, + a commit',
    target: { redis: 1, postgres: 3 },
    // BullMQ at 0.37 ms a job (on Postgres 1,105 jobs/s) and a commit of 0.2 ms.
    limitWhenSet: { redis: 0.57, postgres: 1.1 },
  },
  {
    ...lower,
    key: 'b1_queued',
    benchmark: 'B1',
    title: 'chain of 40 × fib(10), each task through the queue',
    unit: 'ms/task',
    limit: 'BullMQ worker that adds the next job, + a commit',
    target: {},
  },
  {
    ...lower,
    key: 'b2_overhead',
    benchmark: 'B2',
    title: 'chain of 10 × fib(33), overhead',
    unit: 'ms/task',
    limit: null,
    target: { redis: 1.5, postgres: 1.5 },
  },
  {
    ...lower,
    key: 'b2_whole',
    benchmark: 'B2',
    title: 'chain of 10 × fib(33), all of it',
    unit: 'ms/task',
    limit: 'the same compute in one loop',
    target: {},
  },
  {
    key: 'b3_fan_out',
    benchmark: 'B3',
    title: '1 → 10,000 → 1, a durable row each',
    unit: 'tasks/s',
    limit: 'FlowProducer, 10,000 children (not durable)',
    lowerIsBetter: false,
    target: { redis: 5_000 },
    limitWhenSet: { redis: 7_500 },
  },
  {
    ...lower,
    key: 'b5_p50',
    benchmark: 'B5',
    title: 'pick-up delay at half load, p50',
    unit: 'ms',
    limit: 'BullMQ add → processor, same rate',
    target: { redis: 1 },
    limitWhenSet: { redis: 0.36 },
  },
  {
    ...lower,
    key: 'b5_p99',
    benchmark: 'B5',
    title: 'pick-up delay at half load, p99',
    unit: 'ms',
    limit: 'BullMQ add → processor, same rate',
    target: { redis: 5 },
    limitWhenSet: { redis: 0.98 },
  },
  {
    key: 'b6_landing',
    benchmark: 'B6',
    title: 'log → raw, offsets in the transaction of COPY',
    unit: 'rows/s',
    limit: 'the slower of fetching the messages and COPY of their rows, 10,000 a transaction',
    lowerIsBetter: false,
    target: {},
    targetRatio: 0.6,
  },
  {
    key: 'b6_inserts',
    benchmark: 'B6',
    title: 'log → raw, beside an insert for each message',
    unit: 'rows/s',
    limit: 'one insert for each message, prepared, each committed',
    lowerIsBetter: false,
    target: {},
    targetRatio: 20,
  },
  {
    key: 'b7_vault',
    benchmark: 'B7',
    title: 'raw → dds, all tasks of raw_to_dds but the look-ups',
    unit: 'rows/s',
    limit:
      'raw’s JSON to the same tables in pure SQL, one statement each, side by side: no validation, ' +
      'quarantine, counted duplicates, loads, days or checks',
    lowerIsBetter: false,
    target: {},
    targetRatio: 0.8,
  },
  {
    key: 'b7_look_ups',
    benchmark: 'B7',
    title: 'raw → dds with its look-ups, answered offline',
    unit: 'rows/s',
    limit: null,
    lowerIsBetter: false,
    target: {},
  },
  {
    key: 'b7_facts',
    benchmark: 'B7',
    title: 'dds → marts, the facts',
    unit: 'rows/s',
    limit:
      'the slower of COPY of the plain tables to nowhere and the insert of the facts’ bytes into ' +
      'ClickHouse',
    lowerIsBetter: false,
    target: {},
    targetRatio: 0.7,
  },
  {
    key: 'b7_marts',
    benchmark: 'B7',
    title: 'all marts from the facts',
    unit: 'rows/s',
    limit: null,
    lowerIsBetter: false,
    target: {},
  },
  {
    ...lower,
    key: 'b7_freshness',
    benchmark: 'B7',
    title: 'sent → in fct_event through standalone, p95',
    unit: 's',
    limit: null,
    target: { postgres: 10 },
  },
  {
    ...lower,
    key: 'b8_worker_mb',
    benchmark: 'B8',
    title: 'idle worker, memory (PSS)',
    unit: 'MB',
    limit: 'Node with BullMQ and pg',
    target: { redis: 150, postgres: 150 },
  },
  {
    ...lower,
    key: 'b8_worker_cpu',
    benchmark: 'B8',
    title: 'idle worker, processor',
    unit: '% of a core',
    limit: null,
    target: { redis: 1, postgres: 1 },
  },
  {
    ...lower,
    key: 'b8_tree_mb',
    benchmark: 'B8',
    title: 'idle standalone with its engines, memory (PSS)',
    unit: 'MB',
    limit: null,
    target: {},
  },
  {
    ...lower,
    key: 'b8_tree_cpu',
    benchmark: 'B8',
    title: 'idle standalone with its engines, processor',
    unit: '% of a core',
    limit: null,
    target: {},
  },
  {
    ...lower,
    key: 'b8_first_task',
    benchmark: 'B8',
    title: 'standalone in an empty home, start → first task ended',
    unit: 's',
    limit: null,
    target: { redis: 5, postgres: 5 },
  },
  {
    ...lower,
    key: 'b8_second_start',
    benchmark: 'B8',
    title: 'standalone again, start → first task ended',
    unit: 's',
    limit: null,
    target: {},
  },
  {
    ...lower,
    key: 'b8_recovery',
    benchmark: 'B8',
    title: 'kill -9 of the worker → its task runs again (lease of 20 s)',
    unit: 's',
    limit: null,
    target: {},
  },
]
