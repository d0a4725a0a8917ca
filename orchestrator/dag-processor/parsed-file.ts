import type { SerializedDag } from '../graph/serialized-dag.ts'

export interface ParsedDag {
  /** Relative to the DAG folder, with forward slashes. */
  filePath: string
  /** Hash of the file and of all that it imports from the project. */
  codeHash: string
  serialized: SerializedDag
  /** The text of the file, for the page. */
  source: string
}

export interface ImportError {
  filePath: string
  /** Names the cause and the fix. */
  message: string
  line: number | null
}

/** A file has DAGs or an error, never both. */
export interface ParsedFile {
  filePath: string
  codeHash: string
  dags: ParsedDag[]
  error: ImportError | null
  parsedAt: number
}

export interface FolderParse {
  files: ParsedFile[]
  /** All DAGs that loaded. */
  dags: ParsedDag[]
  errors: ImportError[]
  /** Files that are not parsed yet: what is known of their DAGs must be left alone. */
  pending: string[]
}
