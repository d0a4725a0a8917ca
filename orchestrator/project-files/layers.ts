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

import { listed, oneOf, required, statement } from './header-values.ts'
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

const KEYS = ['title', 'layer', 'database', 'topic', 'reads', 'dag'] as const

/** The boxes of a folder in order of file name. @throws ProjectFileError when it cannot be read */
export function readLayers(folder: string): (LayerBox | BrokenBox)[] {
  const paths = sqlFilesIn(folder)
  const ids = paths.map(idOf)
  return paths.map((path) => {
    try {
      return readLayer(path, ids)
    } catch (error) {
      if (!(error instanceof ProjectFileError)) throw error
      return brokenBox(path, error.message)
    }
  })
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
