// Tables that a request brings along: temporary ones of its session, filled from files of ours, gone
// when the request is done.

import { ClickHouseError } from './clickhouse-error.ts'
import type { InsertData, InsertDataFolder } from './insert-data.ts'
import type { NativeSession } from './native-engine.ts'
import { literal, quotedName } from './query-request.ts'
import type { ExternalTable } from './request-form.ts'
import { refuseUnlessSingle } from './single-statement.ts'
import { type EngineNames, refuseForbidden } from './statement-policy.ts'

export interface PreparedTable {
  name: string
  create: string
  format: string
  data: InsertData
}

export async function prepareTable(
  table: ExternalTable,
  inserts: InsertDataFolder,
  names: EngineNames,
): Promise<PreparedTable> {
  for (const word of [table.name, table.format]) {
    if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(word)) continue
    throw new ClickHouseError(
      36,
      'BAD_ARGUMENTS',
      `${JSON.stringify(word.slice(0, 64))} is no name of an external table or of a format`,
    )
  }
  const create = `create temporary table ${quotedName(table.name)} (${table.structure}) engine = Memory`
  refuseForbidden(create, names)
  const data = await inserts.keep(only(table.data), null)
  return { name: table.name, create, format: table.format, data }
}

export async function makeTables(
  session: NativeSession,
  tables: readonly PreparedTable[],
): Promise<void> {
  for (const { name, create, format, data } of tables) {
    await refuseUnlessSingle(session, { text: create, sql: create })
    await session.query(create, 'Null')
    // Literals alone: expressions among the values are judged nowhere.
    const values =
      'settings input_format_values_interpret_expressions = 0, ' +
      'input_format_values_deduce_templates_of_expressions = 0'
    await session.insert(
      `insert into ${quotedName(name)} from infile ${literal(data.path)} compression 'none' ` +
        `${values} format ${format}`,
    )
  }
}

/** From a session that lives on. */
export async function dropTables(
  session: NativeSession,
  tables: readonly PreparedTable[],
): Promise<void> {
  for (const { name } of tables) {
    await session.query(`drop temporary table if exists ${quotedName(name)}`, 'Null')
  }
}

async function* only(data: Buffer): AsyncGenerator<Buffer> {
  if (data.length > 0) yield data
}
