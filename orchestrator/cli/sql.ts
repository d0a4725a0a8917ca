// sql: reads a layer of the warehouse. Read-only twice: in a read-only transaction, and one statement
// only, because a second one could end that transaction.

import { Argument, type Command } from 'commander'
import { withEngines } from '../../connections/engines/index.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples, integerArgument, outputOption } from './command-options.ts'
import { UsageError } from './errors.ts'
import { type OutputFormat, printRows } from './output.ts'
import { readClickHouse } from './sql-clickhouse.ts'
import { readPostgres } from './sql-postgres.ts'
import { withWarehouseUrl } from './warehouse.ts'

const LAYERS = ['raw', 'dds', 'marts'] as const

type Layer = (typeof LAYERS)[number]

export interface SqlRequest {
  url: string
  layer: Layer
  query: string
  timeoutSeconds: number
}

/** Columns as the query names them, so that two of the same name are both kept. */
export interface SqlResult {
  columns: string[]
  rows: unknown[][]
}

export function define(sql: Command): void {
  sql
    .addArgument(new Argument('<layer>', 'which layer').choices(LAYERS))
    .argument('<query>', 'one statement that reads')
    .option('--timeout <seconds>', 'limit of the statement', integerArgument(1, 86_400), 60)
    .addOption(outputOption())
    .action(
      async (layer: Layer, query: string, options: { timeout: number; output: OutputFormat }) => {
        if (query.trim() === '') throw new UsageError('The query is empty. Write one statement.')
        const { columns, rows } = await readLayer(layer, query, options.timeout)
        const names = distinct(columns)
        const records = rows.map((row) =>
          Object.fromEntries(names.map((name, i) => [name, row[i]])),
        )
        await printRows(records, options.output, names, `No rows. Columns: ${columns.join(', ')}`)
      },
    )
  examples(
    sql,
    'sql marts "select * from active_users_7d"',
    'sql raw "select count(*) from user_events" -o json',
    'sql dds "select * from h_user limit 5" -o plain',
  )
}

function readLayer(layer: Layer, query: string, timeoutSeconds: number): Promise<SqlResult> {
  const env = loadEnvironment()
  const request = { layer, query, timeoutSeconds }
  if (layer === 'marts') {
    if (env.CLICKHOUSE_URL) return readClickHouse({ ...request, url: env.CLICKHOUSE_URL })
    return withEngines(env, ({ clickhouseUrl }) =>
      readClickHouse({ ...request, url: clickhouseUrl }),
    )
  }
  return withWarehouseUrl(env, (url, variable) => readPostgres({ ...request, url }, variable))
}

function distinct(columns: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return columns.map((name) => {
    const n = (seen.get(name) ?? 0) + 1
    seen.set(name, n)
    return n === 1 ? name : `${name}_${n}`
  })
}
