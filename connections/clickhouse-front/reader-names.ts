// Which functions and tables the reader may name. Functions are allowed by the kind that the engine itself
// puts them into, so that one which a later version adds to a kind that reaches out, or to a new one, is
// refused until somebody has looked at it.

import type { NativeSession } from './native-engine.ts'

const words = (text: string) => new Set(text.trim().split(/\s+/))

/** Kinds of system.functions that work on their arguments alone. */
const kinds = [
  'Arithmetic',
  'Arrays',
  'Bit',
  'Bitmap',
  'Comparison',
  'Conditional',
  'Dates and Times',
  'Distance',
  'Encoding',
  'Encryption',
  'Financial',
  'Geo',
  'Geo Polygon',
  'Hash',
  'IP Address',
  'JSON',
  'Logical',
  'Map',
  'Mathematical',
  'Null',
  'NumericIndexedVector',
  'Random Number',
  'Rounding',
  'String',
  'String Replacement',
  'String Search',
  'String Splitting',
  'Time Window',
  'Tuple',
  'Type Conversion',
  'URL',
  'UUID',
]

/** Of the kinds in which there are others too, and what the parser makes of syntax. */
const others = words(`
  lambda exists caseWithExpression _CAST grouping untuple nested view
  bar blockNumber blockSize byteSize colorOKLABToSRGB colorOKLCHToSRGB colorSRGBToOKLAB colorSRGBToOKLCH
  countDigits currentDatabase currentSchemas currentUser defaultValueOfArgumentType defaultValueOfTypeName
  displayName errorCodeToName finalizeAggregation flipCoordinates formatQuery formatQueryOrNull
  formatQuerySingleLine formatQuerySingleLineOrNull formatReadableDecimalSize formatReadableQuantity
  formatReadableSize formatReadableTimeDelta getSetting getSizeOfEnumType getSubcolumn hostName identity ignore
  indexHint initializeAggregation isConstant isDecimalOverflow lowCardinalityIndices lowCardinalityKeys MACNumToString
  MACStringToNum MACStringToOUI materialize minSampleSizeContinuous minSampleSizeConversion neighbor normalizeQuery
  normalizeQueryKeepNames normalizedQueryHash normalizedQueryHashKeepNames parseReadableSize parseReadableSizeOrNull
  parseReadableSizeOrZero parseTimeDelta queryID revision rowNumberInAllBlocks rowNumberInBlock runningAccumulate
  runningDifference runningDifferenceStartingWithFirstValue sleep sleepEachRow throwIf toColumnTypeName
  tokenizeQuery toTypeName transform uptime variantElement variantType version visibleWidth`)

export const readerTableFunctions = words(`
  numbers numbers_mt zeros zeros_mt primes generaterandom generateseries generate_series values null view
  viewexplain`)

/** Of database system, without names, addresses and passwords of other servers. */
const systemTables = words(`
  aggregate_function_combinators build_options collations columns contributors data_skipping_indices
  data_type_families databases detached_parts disks formats functions keywords licenses merge_tree_settings
  numbers numbers_mt one parts parts_columns primes processes projections settings table_engines
  table_functions tables time_zones zeros zeros_mt`)

export interface ReaderNames {
  functions: ReadonlySet<string>
  aggregates: ReadonlySet<string>
  combinators: readonly string[]
}

/** From the engine; the names are in lower case. */
export async function loadReaderNames(session: NativeSession): Promise<ReaderNames> {
  const list = async (query: string) =>
    (await session.query(query, 'TSV')).bytes.toString('utf8').trim().split('\n').filter(Boolean)
  const isKind = `splitByString(', ', categories)`
  const kindList = kinds.map((kind) => `'${kind}'`).join(', ')
  const allowed = new Set(
    await list(
      `select name from system.functions
       where not is_aggregate and origin = 'System' and categories <> ''
         and hasAll([${kindList}], ${isKind})`,
    ),
  )
  for (const name of others) allowed.add(name)
  const aliases = await list(
    `select name || ' ' || alias_to from system.functions where origin = 'System' and alias_to <> ''`,
  )
  for (const pair of aliases) {
    const [name, of] = pair.split(' ') as [string, string]
    if (allowed.has(of)) allowed.add(name)
  }
  const aggregates = await list(`select lower(name) from system.functions where is_aggregate`)
  const combinators = await list(`select lower(name) from system.aggregate_function_combinators`)
  const functions = new Set([...allowed].map((name) => name.toLowerCase()))
  // One name may be both, and what stands behind IN is taken for a table.
  const tables = await list('select lower(name) from system.table_functions')
  for (const name of tables)
    if (!readerTableFunctions.has(name) && name !== 'format') functions.delete(name)
  return { functions, aggregates: new Set(aggregates), combinators }
}

export function isReadableFunction(name: string, names: ReaderNames): boolean {
  const lower = name.toLowerCase()
  return names.functions.has(lower) || isAggregate(lower, names)
}

/** With combinators at its end, such as sumIf, also several of them. */
function isAggregate(name: string, names: ReaderNames): boolean {
  if (names.aggregates.has(name)) return true
  return names.combinators.some(
    (combinator) =>
      name.length > combinator.length &&
      name.endsWith(combinator) &&
      isAggregate(name.slice(0, -combinator.length), names),
  )
}

export function isReadableTable(name: string): boolean {
  const [, table] = /^system\.(.*)$/is.exec(name) ?? []
  return table === undefined || systemTables.has(table.split('.')[0]!)
}
