// What the reader may run, judged on what the engine's own parser made of it. The statement is written anew by
// the engine first, and that text is both judged and run: so it makes no difference how somebody spelled it,
// and nothing that is judged can be other than what runs.
//
// The tree is that of EXPLAIN AST, a node a line. Kinds of nodes are listed, as are functions and tables: a
// node that a later version adds is refused until it is known what it holds. Some nodes do not show all that
// they hold: settings are read from the text, SHOW may have no expression, and APPLY is refused.

import { ClickHouseError } from './clickhouse-error.ts'
import type { NativeEngine, NativeSession } from './native-engine.ts'
import { literal } from './query-request.ts'
import {
  isReadableFunction,
  isReadableTable,
  loadReaderNames,
  type ReaderNames,
  readerTableFunctions,
} from './reader-names.ts'
import { accessDenied, type ReaderLimits, refuseReaderSetting } from './reader-settings.ts'
import { type Token, tokens } from './sql-statement.ts'

const statements =
  /^(SelectWithUnionQuery|DescribeQuery|Exists(Table|View|Database|Dictionary)Query|Explain EXPLAIN( (AST|SYNTAX|QUERY TREE|PLAN|PIPELINE|ESTIMATE))?|Show(Tables|Columns|Indexes|Functions|Setting|EngineQuery|ProcesslistQuery|Create(Table|View|Database)Query))(?= |$)/

const nodes = new Set(
  `SelectWithUnionQuery SelectIntersectExceptQuery SelectQuery ExpressionList TablesInSelectQuery
  TablesInSelectQueryElement TableExpression TableJoin ArrayJoin Subquery Asterisk QualifiedAsterisk
  ColumnsTransformerList ColumnsReplaceTransformer ColumnsReplaceTransformer::Replacement ColumnsExceptTransformer
  ColumnsRegexpMatcher ColumnsListMatcher QualifiedColumnsRegexpMatcher QualifiedColumnsListMatcher
  OrderByElement InterpolateElement WithElement WindowDefinition WindowListElement SampleRatio
  Set Literal Identifier TableIdentifier Function`.split(/\s+/),
)

interface Node {
  type: string
  /** What follows the type in its line. */
  rest: string
  parent: Node | null
}

export class ReaderStatements {
  readonly #engine: NativeEngine
  readonly #limits: ReaderLimits
  #names: Promise<ReaderNames> | undefined

  constructor(engine: NativeEngine, limits: ReaderLimits) {
    this.#engine = engine
    this.#limits = limits
  }

  /**
   * The statement to run in its place. `session` has the parameters of the request, which stand in the tree
   * with their values.
   * @throws ClickHouseError that says what the reader may not do
   */
  async judged(session: NativeSession, sql: string): Promise<string> {
    const names = await this.#readNames()
    const text = await ask(session, `select formatQuerySingleLine(${literal(sql)})`)
    refuseStatement(treeOf(await ask(session, `explain ast ${text}`)), text, names, this.#limits)
    return text
  }

  #readNames(): Promise<ReaderNames> {
    this.#names ??= (async () => {
      const session = this.#engine.openSession()
      try {
        return await loadReaderNames(session)
      } finally {
        session.close()
      }
    })()
    // Not kept when it failed.
    this.#names.catch(() => {
      this.#names = undefined
    })
    return this.#names
  }
}

async function ask(session: NativeSession, sql: string): Promise<string> {
  const { bytes } = await session.query(sql, 'TSVRaw')
  return bytes.toString('utf8').replace(/\n$/, '')
}

function treeOf(text: string): Node[] {
  const above: Node[] = []
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, indent, type, rest] = /^( *)(\S+)(.*)$/s.exec(line)!
      const depth = indent!.length
      const node: Node = { type: type!, rest: rest!, parent: above[depth - 1] ?? null }
      above.length = depth
      above[depth] = node
      return node
    })
}

function refuseStatement(
  tree: readonly Node[],
  text: string,
  names: ReaderNames,
  limits: ReaderLimits,
): void {
  const [statement, ...inner] = tree
  if (!statement || !statements.test(`${statement.type}${statement.rest}`)) {
    throw new ClickHouseError(164, 'READONLY', 'Cannot execute query in readonly mode.')
  }
  const all = [...tokens(text)]
  // Its parts would stand in lines of their own.
  const broken = all.find((token) => /^["`“]/.test(token.text) && token.text.includes('\\'))
  if (broken) throw accessDenied(`a name with a backslash, such as ${broken.text}`)
  if (statement.type.startsWith('Show') && all.some(({ text: t }) => t === '(' || t === 'WHERE')) {
    throw accessDenied('SHOW with an expression; select from the tables of system instead')
  }
  for (const node of inner) refuseNode(node, names)
  const sets = inner.filter(({ type, parent }) => type === 'Set' && parent?.type !== 'Explain')
  const isExplained = statement.type === 'Explain'
  if (refuseSettings(all, text, limits) < sets.length && !isExplained)
    throw accessDenied('SETTINGS here')
  if (isExplained && sets.length > 0) throw accessDenied('SETTINGS in what is explained')
}

function refuseNode(node: Node, names: ReaderNames): void {
  if (!nodes.has(node.type)) throw accessDenied(node.type)
  const name = node.rest.trimStart().replace(/ \((alias |children \d+\)$).*$/s, '')
  if (node.type === 'Function') {
    const isTable = node.parent?.type === 'TableExpression'
    if (isTable && !readerTableFunctions.has(name.toLowerCase())) {
      throw accessDenied(`table function ${name}`)
    }
    if (!isTable && !isReadableFunction(name, names)) throw accessDenied(`function ${name}`)
  }
  if (/Identifier$/.test(node.type) && !isReadableTable(name)) throw accessDenied(`table ${name}`)
  if (node.type === 'Literal' && node.parent?.type === 'SelectWithUnionQuery') {
    throw accessDenied('INTO OUTFILE')
  }
}

/** How many lists of settings were read. */
function refuseSettings(all: readonly Token[], text: string, limits: ReaderLimits): number {
  const at = (index: number) => {
    const token = all[index]
    return token ? text.slice(token.start, token.end) : ''
  }
  let lists = 0
  for (const [index, token] of all.entries()) {
    if (at(index) !== 'SETTINGS' || at(index + 2) !== '=') continue
    lists += 1
    for (let name = index + 1; at(name + 1) === '='; ) {
      const value = text.slice(all[name + 2]?.start ?? text.length)
      const setting = at(name).replace(/^[`"]|[`"]$/g, '')
      refuseReaderSetting(setting, /^\d+(?![\w.])/.exec(value)?.[0] ?? '', limits)
      // The next name follows a comma of the same depth.
      name += 3
      while (name < all.length && !(at(name) === ',' && all[name]!.depth === token.depth)) name += 1
      name += 1
    }
  }
  return lists
}
