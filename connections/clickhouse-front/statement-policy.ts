// What a statement may not do in the embedded engine: open files of the machine, start programs, or
// ask other hosts for more than a table. chDB has no accounts of its own to grant this to, and a server
// keeps such things to a folder and a role.
//
// The lists say what is allowed. What is judged are the names that the engine itself knows: a table
// function or an engine that a later version adds is refused until it is on a list, wherever in the
// statement it stands. The text of a statement is parsed by nothing but the lexer, so position decides
// as little as possible.

import { ClickHouseError } from './clickhouse-error.ts'
import { comments, type Token, tokens } from './sql-statement.ts'

/** Names of the engine, in lower case. */
export interface EngineNames {
  tableFunctions: ReadonlySet<string>
  engines: ReadonlySet<string>
}

const words = (text: string) => new Set(text.trim().split(/\s+/))

const tableFunctions = words(`
  numbers numbers_mt zeros zeros_mt primes generaterandom generateseries generate_series
  values sqlstandardvalues format input null view viewifpermitted viewexplain merge dictionary
  mergetreeindex mergetreeprojection postgresql url s3`)

const engines = words(`
  mergetree replacingmergetree summingmergetree aggregatingmergetree collapsingmergetree
  versionedcollapsingmergetree graphitemergetree coalescingmergetree
  memory log tinylog stripelog null set join buffer view materializedview dictionary merge
  generaterandom atomic`)

/** Functions that open files, ask other hosts or run text as SQL, whatever the engine lists. */
const functions = words(`
  file filecluster executable eval catboostevaluate disk filesystem python hascolumnintable
  aiclassify aiembed aiextract aigenerate aitranslate`)

/** What is no statement at all is the engine's to refuse, in its own words. */
const refusedStatements = words(`
  backup restore system copy import export execute grant revoke move snapshot unsnapshot`)

/** Settings that name files, hold SQL in text, or change how text is read. */
const refusedSetting =
  /^(dialect|profile|additional_(table_filters|result_filter)|parallel_replicas_custom_key|format_schema.*|format_template_(row|resultset)|input_format_record_errors_file_path|output_format_schema|input_format_values_(interpret_expressions|deduce_templates_of_expressions)|format_avro_schema_registry_url|implicit_table_at_top_level|disk|storage_policy|table_disk|url_base|.*user_files.*|.*custom_disk.*)$/

/** @throws ClickHouseError ACCESS_DENIED */
export function refuseForbidden(sql: string, names: EngineNames): void {
  const refusal = hasNestedComment(sql)
    ? 'a comment in a comment'
    : forbidden([...tokens(sql)], names)
  if (refusal === null) return
  throw new ClickHouseError(
    497,
    'ACCESS_DENIED',
    `Embedded ClickHouse does not open files of the machine: ${refusal} is refused; ` +
      'send the data in the body of an INSERT, or set CLICKHOUSE_URL to a server',
  )
}

/** @throws ClickHouseError ACCESS_DENIED */
export function refuseSetting(name: string): void {
  if (!refusedSetting.test(name.toLowerCase())) return
  throw new ClickHouseError(
    497,
    'ACCESS_DENIED',
    `Setting ${name} is refused by embedded ClickHouse`,
  )
}

/**
 * Whether expressions among data after VALUES may run: data is not judged, so only where none of it can
 * be a subquery, a function that reads files, or a quoted name that spells one. Else only literals are
 * taken, as with input_format_values_interpret_expressions = 0.
 */
export function mayInterpretValues(data: Buffer): boolean {
  return !/select|from|with|table|explain|file|eval|catboost|["`$]|[^\t\r\n -~]/i.test(
    data.toString('latin1'),
  )
}

/** ClickHouse nests comments, our lexer does not: one that holds the beginning of another is refused. */
function hasNestedComment(sql: string): boolean {
  return comments(sql).some((text) => text.includes('/*', 2))
}

function forbidden(all: readonly Token[], names: EngineNames): string | null {
  const first = all.find((token) => token.text !== '(')
  if (first?.kind === 'word' && refusedStatements.has(first.text.toLowerCase())) {
    return `statement ${first.text}`
  }
  for (const [index, token] of all.entries()) {
    const unclear = readDifferently(token, all[index - 1])
    if (unclear !== null) return unclear
    const name = nameOf(token)
    if (name === null) continue
    const [before, after] = [all[index - 1]?.text, all[index + 1]?.text]
    const refusal =
      (after === '(' && before !== '.' && refusedCall(name, all, index, names)) ||
      (isEngine(all, index) && refusedEngine(name, names)) ||
      (after === '=' && refusedSetting.test(name) && `setting ${name}`) ||
      (after === '=' && name.includes('\\') && 'a quoted name with a backslash') ||
      refusedPhrase(name, all, index)
    if (refusal) return refusal
  }
  return null
}

/** Spellings of which ClickHouse's lexer may make other tokens than ours, and see what ours skips. */
function readDifferently(token: Token, before: Token | undefined): string | null {
  const { text } = token
  if (text.startsWith('$') && !/^\$\w*\$/.test(text)) return 'a name that begins with $'
  if (text === '−') return 'the minus sign U+2212'
  const follows = before !== undefined && before.end === token.start && /\d$/.test(before.text)
  return follows && text.includes('$') ? 'a $ in a name that begins with a digit' : null
}

/** In lower case and without quotes; null: no name. */
function nameOf(token: Token): string | null {
  if (token.kind === 'word') return token.text.toLowerCase()
  if (/^["`“]/.test(token.text)) return token.text.slice(1, -1).toLowerCase()
  return null
}

function refusedCall(
  name: string,
  all: readonly Token[],
  index: number,
  names: EngineNames,
): string | null {
  if (name.includes('\\')) return 'a quoted name with a backslash'
  if (functions.has(name)) return name
  if (!names.tableFunctions.has(name)) return null
  if (!tableFunctions.has(name)) return `table function ${name}`
  if (name !== 'url' && name !== 's3') return null
  const [address, end] = [all[index + 2]?.text ?? '', all[index + 3]?.text ?? '']
  // A list or an alternative in the text could name a second address of another scheme.
  const plain = name === 'url' ? /^'https?:\/\/[^\\'{}|,]*'$/i : /^'(https?|s3):\/\/[^\\'|,]*'$/i
  return plain.test(address) && /^[,)]$/.test(end) ? null : `${name} of this address`
}

function isEngine(all: readonly Token[], index: number): boolean {
  const before = all[index - 1]?.text
  return before === 'ENGINE' || (before === '=' && all[index - 2]?.text === 'ENGINE')
}

function refusedEngine(name: string, names: EngineNames): string | null {
  if (name.includes('\\')) return 'a quoted name with a backslash'
  const isKnown = names.engines.has(name) || functions.has(name)
  return isKnown && !engines.has(name) ? `engine ${name}` : null
}

function refusedPhrase(name: string, all: readonly Token[], index: number): string | null {
  const token = (offset: number) => all[index + offset]?.text ?? ''
  if (all[index]!.kind !== 'word' && name !== 'default') return null
  if (name === 'infile' && token(-1) === 'FROM') return 'from infile'
  if (name === 'outfile' && token(-1) === 'INTO') return 'into outfile'
  if (name === 'parallel' && token(1) === 'WITH') return 'parallel with'
  const verb = all.find(({ text }) => text !== '(')?.text ?? ''
  if (!/^(CREATE|ATTACH|REPLACE|ALTER|DROP|DETACH)$/.test(verb)) return null
  if (name === 'dictionary' && index < 5 && /^(CREATE|ATTACH|REPLACE)$/.test(verb)) {
    return 'a dictionary of a source'
  }
  if (name === 'collection' && token(-1) === 'NAMED') return 'a named collection'
  if (name === 'function' && index < 4 && verb === 'CREATE') {
    const named = all.slice(index + 1).findIndex(({ text }) => text === 'AS')
    if (named === -1 || named > 5) return 'a function that is no lambda'
    return all.some(({ text }) => /^(LANGUAGE|RETURNS)$/.test(text))
      ? 'a function in a language'
      : null
  }
  if (name === 'from' && verb === 'ATTACH' && /^['‘]/.test(token(1))) return 'attach from'
  // Sessions start in it: without it the engine opens no more of them.
  const isDatabase = token(-1) === 'DATABASE' || (index < 6 && token(-1) === 'EXISTS')
  return name === 'default' && isDatabase ? 'to change database default' : null
}
