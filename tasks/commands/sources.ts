// sources: which sources there are, and whether what they sent is found in every layer.

import { withEngines } from '../../connections/engines/index.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { openConnections } from '../../connections/index.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import {
  type Command,
  examples,
  type OutputFormat,
  outputOption,
  printRecord,
  printRows,
  type Row,
  suggestion,
  UsageError,
} from '../../orchestrator/cli/commands.ts'
import { compareTotals } from '../totals/compare-totals.ts'
import { type Money, readTotals, type SourceTotals, type Totals } from '../totals/read-totals.ts'
import { withTables } from './with-tables.ts'

const COLUMNS = ['source', 'layer', 'messages', 'orders', 'units', 'money', 'newest', 'of_these']
const DIFFERENCE = ['source', 'between', 'what', 'left', 'right']

export function define(sources: Command): void {
  const list = sources
    .command('list')
    .description('the sources that are declared, with their rules as dds has them')
    .addOption(outputOption())
    .action(async ({ output }: { output: OutputFormat }) => {
      const { rows } = await withTables('sources', (pool) =>
        pool.query<Row>(
          `select source, system, topics, time_zone, currency, event_id, least_quantity, revenue,
             marts_currency, freshness, to_char(oldest at time zone 'UTC', 'YYYY-MM-DD') as oldest
           from dds.ref_source order by source`,
        ),
      )
      await printRows(rows, output)
    })
  examples(list, 'sources list', 'sources list -o json')

  const status = sources
    .command('status')
    .argument('[source]', 'only this one')
    .description('messages, orders, units and money of each layer, and where they differ')
    .addOption(outputOption())
    .action(async (source: string | undefined, { output }: { output: OutputFormat }) => {
      const totals = await withLayers((read) => read(source ?? null))
      const differences = compareTotals(totals)
      if (differences.length > 0) process.exitCode = 1
      if (output === 'json' || output === 'yaml') {
        return printRecord({ ...totals, differences }, output)
      }
      const rows = totals.sources.flatMap((one) => rowsOf(one, totals))
      await printRows(rows, output, COLUMNS, 'No source has sent anything yet.')
      if (differences.length === 0) return
      process.stdout.write('\n')
      await printRows(
        differences.map((difference) => ({ ...difference })),
        output,
        DIFFERENCE,
      )
      for (const [source, cause] of new Map(
        differences.map((d) => [`${d.source}, ${d.between}`, d.cause]),
      )) {
        process.stdout.write(`\n${source}: ${cause}.\n`)
      }
    })
  examples(status, 'sources status', 'sources status ehandel -o json')
}

async function withLayers(
  work: (read: (source: string | null) => Promise<Totals>) => Promise<Totals>,
): Promise<Totals> {
  return withEngines(loadEnvironment(), async (addresses) => {
    const warehouseUrl = await loginUrl(addresses.warehouseUrl, 'dds')
    const { warehouse, clickhouse, close } = openConnections({ ...addresses, warehouseUrl })
    try {
      return await work(async (source) => {
        if (source !== null) {
          const { rows } = await warehouse.query<{ source: string }>(
            'select source from dds.ref_source order by source',
          )
          const known = rows.map((row) => row.source)
          if (!known.includes(source)) {
            const hint = suggestion(source, known, 'terrace sources list')
            throw new UsageError(`There is no source "${source}". ${hint}`)
          }
        }
        return readTotals(warehouse, clickhouse, source)
      })
    } finally {
      await close()
    }
  })
}

function rowsOf(
  { source, produced, raw, events, orders, marts }: SourceTotals,
  totals: Totals,
): Row[] {
  const rows: Row[] = []
  if (produced !== null) {
    const { counted, repeated, conflicts, bad } = produced
    const of_these = parts({ counted, repeated, conflicts, bad })
    rows.push({ layer: 'produced', ...produced, money: inWords(produced.money), of_these })
  }
  if (raw !== null)
    rows.push({ layer: 'raw', ...raw, of_these: parts({ 'from files': raw.from_files }) })
  if (events !== null || orders !== null) {
    const { duplicates = '0', quarantined = '0', pending = '0' } = events ?? {}
    const beside = parts({ duplicates, quarantined, pending })
    rows.push({
      layer: 'dds',
      ...orders,
      messages: events?.messages ?? '0',
      money: inWords(orders?.money ?? {}),
      of_these: beside === '' ? '' : `beside them ${beside}`,
    })
  }
  if (marts !== null) {
    const { lines, ...counts } = marts
    rows.push({
      layer: 'marts',
      ...counts,
      money: inWords(lines),
      newest: totals.publishedAt,
      of_these: 'money of the lines',
    })
  }
  return rows.map((row) => ({ source, ...row }))
}

const parts = (counts: Record<string, string>) =>
  Object.entries(counts)
    .filter(([, count]) => count !== '0')
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

const inWords = (money: Money) =>
  Object.entries(money)
    .map(([currency, amount]) => `${amount} ${currency}`)
    .join(', ')
