// The project's layers: a folder of .sql files, one box of the flow each. Its head says where the box
// stands, its statement answers one row of figures, each of which may be left out:
//
//   -- title: user_events
//   -- layer: raw
//   -- reads: topic_user_events
//   -- dag: kafka_to_raw
//   select … as rows, … as newest_at, … as lag, … as quarantined
//
// `rows` are there, the last came at `newest_at`, `lag` of them the next layer has not taken yet, and
// `quarantined` were refused. `database` is marts for the layer marts, else warehouse.
//
// A box of layer `topic` names its topic, and the event log says how much it holds. Its statement is
// how far the topic was taken: a row a partition, `partition` and `next_offset`.
//
// Each table of the marts (mart-tables.ts) is a box, too, by the head of its load alone. It is filled from
// the boxes that hold what it reads: those of other tables, and those that name it in `tables`, such as
// `dds.h_*`.

import { listed, oneOf, required, statement } from './header-values.ts'
import type { ProjectMarts } from './manifest.ts'
import { type MartTable, readMartTables } from './mart-tables.ts'
import {
  idOf,
  ProjectFileError,
  readSqlFile,
  type SqlFile,
  shown,
  sqlFilesIn,
} from './sql-header.ts'

export const KINDS = ['topic', 'raw', 'dds', 'marts'] as const
export const DATABASES = ['warehouse', 'marts'] as const

export type LayerKind = (typeof KINDS)[number]

export interface LayerBox {
  /** The file's name without `.sql`. */
  id: string
  /** As messages name it. */
  file: string
  title: string
  kind: LayerKind
  database: (typeof DATABASES)[number]
  /** Topic of the event log; for the layer `topic` alone. */
  topic: string | null
  /** Ids of the boxes that it is filled from. */
  reads: string[]
  /** Tables and views that it holds, with `*` for any part of a name; for the loads of the marts. */
  tables: string[]
  /** The DAG that fills it. */
  dagId: string | null
  sql: string
}

/** A file that is wrong is a box too, so that it never hides the others. */
export interface BrokenBox {
  id: string
  file: string
  /** As far as the name of the file tells. */
  kind: LayerKind
  problem: string
}

const KEYS = ['title', 'layer', 'database', 'topic', 'reads', 'dag', 'tables'] as const

/**
 * The boxes of a folder in order of file name, then those of the marts, if the project has any.
 *
 * @throws ProjectFileError when the folder cannot be read
 */
export function readLayers(
  folder: string,
  marts: ProjectMarts | null = null,
): (LayerBox | BrokenBox)[] {
  const paths = sqlFilesIn(folder)
  const ids = paths.map(idOf)
  const boxes = paths.map((path) => orBroken(path, () => [readLayer(path, ids)]))
  const read = boxes.flat()
  return marts === null ? read : [...read, ...orBroken(marts.folder, () => martBoxes(marts, read))]
}

function orBroken<Box>(path: string, read: () => Box[]): (Box | BrokenBox)[] {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ProjectFileError)) throw error
    return [brokenBox(path, error.message)]
  }
}

/** Rows of system.parts would count those that were deleted and not merged away. */
const FIGURES = (name: string) => `select
  (select count() from marts.${name}) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = '${name}' and active`

function martBoxes(
  { folder, dagId }: ProjectMarts,
  boxes: readonly (LayerBox | BrokenBox)[],
): LayerBox[] {
  return readMartTables(folder).map((table) => ({
    id: idOfTable(table.name),
    file: table.file,
    title: table.name,
    kind: 'marts',
    database: 'marts',
    topic: null,
    reads: [...boxesRead(table, boxes), ...table.readsTables.map(idOfTable)],
    tables: [],
    dagId,
    sql: FIGURES(table.name),
  }))
}

const idOfTable = (name: string) => `marts_${name}`

function boxesRead({ reads }: MartTable, boxes: readonly (LayerBox | BrokenBox)[]): string[] {
  return boxes
    .filter((box) => 'tables' in box && box.tables.some((held) => reads.some(matching(held))))
    .map(({ id }) => id)
}

function matching(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[^\w]/g, '\\$&'))
  const whole = new RegExp(`^${parts.join('\\w*')}$`)
  return (name) => whole.test(name)
}

function readLayer(path: string, ids: readonly string[]): LayerBox {
  const file = readSqlFile(path, KEYS)
  const kind = oneOf(file, 'layer', KINDS)
  return {
    id: file.id,
    file: file.file,
    title: required(file, 'title'),
    kind,
    database: databaseOf(file, kind),
    topic: kind === 'topic' ? required(file, 'topic') : null,
    reads: readsOf(file, ids),
    tables: listed(file, 'tables'),
    dagId: file.header.dag?.value || null,
    sql: statement(file),
  }
}

function brokenBox(path: string, problem: string): BrokenBox {
  const id = idOf(path)
  const kind = KINDS.find((one) => id.startsWith(one)) ?? 'raw'
  return { id, file: shown(path), kind, problem }
}

function databaseOf(file: SqlFile<(typeof KEYS)[number]>, kind: LayerKind) {
  if (file.header.database) return oneOf(file, 'database', DATABASES)
  return kind === 'marts' ? 'marts' : 'warehouse'
}

function readsOf(file: SqlFile<(typeof KEYS)[number]>, ids: readonly string[]): string[] {
  const reads = listed(file, 'reads')
  const unknown = reads.find((id) => !ids.includes(id))
  if (unknown === undefined) return reads
  throw new ProjectFileError(
    file.file,
    file.header.reads?.line ?? null,
    `it reads "${unknown}", and there is no ${unknown}.sql beside it. There are ${ids.join(', ')}.`,
  )
}
