// Which table comes from which, through the statements that write it, the views and the functions.

import type { FunctionReads, Relation } from './relations.ts'
import type { Statement } from './statements.ts'
import type { TaskWork } from './tasks.ts'

export interface Lineage {
  /** Tables that a table or view is made from. */
  reads: Map<string, string[]>
  readBy: Map<string, string[]>
  /** Tasks that write it. */
  tasks: Map<string, string[]>
  /** Statements that write it, below sql/. */
  files: Map<string, string[]>
  /** From the header of the statement that fills it alone. */
  grains: Map<string, string>
  kinds: Map<string, string>
}

// What steers loads and counts them carries no data of the shop.
const STEERING =
  /^(warehouse\..*|raw\.(api_month|api_state|batch|kafka_offsets|former_offsets|replay)|dds\.(load.*|raw_watermark|mart_.*|accounting(_by_source)?|topic_status|lookup_question))$/

export const isSteering = (name: string) => STEERING.test(name)

export function traceLineage(found: {
  relations: Relation[]
  statements: Statement[]
  functions: FunctionReads
  works: TaskWork[]
}): Lineage {
  const { relations, statements, functions, works } = found
  const names = new Set(relations.map(({ name }) => name))
  const [reads, readBy, tasks, files] = [collector(), collector(), collector(), collector()]
  const [grains, kinds] = [new Map<string, string>(), new Map<string, string>()]

  const note = (target: string, { reads: direct, calls }: Pick<Statement, 'reads' | 'calls'>) => {
    const sources = [...direct, ...calls.flatMap((call) => functions.get(call) ?? [])]
    for (const source of sources.filter((name) => names.has(name) && name !== target)) {
      reads.add(target, source)
      // A statement that loads writes down the load as well.
      if (!isSteering(target)) readBy.add(source, target)
    }
  }
  for (const relation of relations) note(relation.name, relation)
  for (const statement of statements) {
    const own = statement.target ?? tableOf(statement.path)
    const fed = [own, factAskedFor(statement.path)].filter((name) => names.has(name))
    for (const target of new Set([...statement.writes, ...fed])) {
      note(target, statement)
      files.add(target, statement.path)
    }
    if (!names.has(own)) continue
    const { grain, kind } = statement.header
    if (grain) grains.set(own, grain.split('. ')[0]!)
    if (kind) kinds.set(own, kind.split('. ')[0]!)
  }
  for (const { task, statements: run, tables } of works) {
    const own = statements.filter(({ path }) => run.includes(path))
    const written = [...tables, ...own.flatMap(({ writes }) => writes)]
    for (const table of written) {
      tasks.add(table, task)
      // What a task only reads goes into what it writes.
      for (const query of own.filter(({ writes }) => writes.length === 0)) note(table, query)
    }
  }
  return {
    reads: reads.sorted(),
    readBy: readBy.sorted(),
    tasks: tasks.all,
    files: files.sorted(),
    grains,
    kinds,
  }
}

/** The table that a load fills: dds/load/h_user.sql dds.h_user, marts/fct_event/load.sql marts.fct_event. */
function tableOf(path: string): string {
  const [, layer, vault, mart] = path.match(/^(\w+)\/(?:load\/(\w+)|(\w+)\/load)\.sql$/) ?? []
  return layer === undefined ? '' : `${layer}.${vault ?? mart}`
}

/** The fact whose rows a statement asks for: marts/fct_event/of_days.sql, marts.fct_event. */
function factAskedFor(path: string): string {
  const [, fact] = path.match(/^marts\/(\w+)\/of_(?:days|batch)\.sql$/) ?? []
  return fact === undefined ? '' : `marts.${fact}`
}

function collector() {
  const all = new Map<string, string[]>()
  return {
    all,
    add(key: string, value: string) {
      const values = all.get(key) ?? []
      if (!values.includes(value)) all.set(key, [...values, value])
    },
    sorted: () => new Map([...all].map(([key, values]) => [key, values.toSorted()])),
  }
}
