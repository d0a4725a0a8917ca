// sql: reads a layer of the warehouse, or says what it holds. Read-only twice: in a read-only
// transaction, and one statement only, because a second one could end that transaction.

import { Argument, type Command } from 'commander'
import { withEngines } from '../../connections/engines/index.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples, integerArgument, outputOption } from './command-options.ts'
import { UsageError } from './errors.ts'
import { type OutputFormat, printRows } from './output.ts'
import { describeTable, listTables } from './sql-catalogue.ts'
import { readClickHouse } from './sql-clickhouse.ts'
import { readPostgres } from './sql-postgres.ts'
import { withWarehouseUrl } from './warehouse.ts'

const LAYERS = ['raw', 'dds', 'marts'] as const

export type Layer = (typeof LAYERS)[number]

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

interface SqlOptions {
  tables: boolean
  describe?: string
  timeout: number
  output: OutputFormat
}

export function define(sql: Command): void {
  sql
    .addArgument(new Argument('<layer>', 'which layer').choices(LAYERS))
    .argument('[query]', 'one statement that reads')
    .option('--tables', 'list the tables and views of the layer', false)
    .option('--describe <table>', 'list the columns of a table or view')
    .option('--timeout <seconds>', 'limit of the statement', integerArgument(1, 86_400), 60)
    .addOption(outputOption())
    .action(async (layer: Layer, query: string | undefined, options: SqlOptions) => {
      const { columns, rows } = await resultOf(layer, query, options)
      const names = distinct(columns)
      const records = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])))
      await printRows(records, options.output, names, `No rows. Columns: ${columns.join(', ')}`)
    })
  examples(
    sql,
    'sql marts "select * from active_users_7d"',
    'sql raw "select count(*) from user_events" -o json',
    'sql dds --tables',
    'sql dds --describe nl_event',
  )
}

function resultOf(
  layer: Layer,
  query: string | undefined,
  { tables, describe, timeout }: SqlOptions,
): Promise<SqlResult> {
  const given = [query !== undefined, tables, describe !== undefined].filter(Boolean).length
  if (given !== 1 || query?.trim() === '') {
    throw new UsageError('Write one statement, or --tables, or --describe <table>.')
  }
  const read = (text: string) => readLayer(layer, text, timeout)
  if (query !== undefined) return read(query)
  return describe === undefined ? listTables(layer, read) : describeTable(layer, describe, read)
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
