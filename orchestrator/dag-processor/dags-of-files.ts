// Which DAGs a folder has, and what is wrong in its files. An id belongs to one file: the one that had it
// first keeps it, however another is named that defines it too, and the other is an import error. A file
// keeps its ids while it is there, also while it does not load or has not been parsed yet: else a copy
// beside a file with a typing error would run in its place.

import type { FolderParse, ImportError, ParsedDag } from './parsed-file.ts'

/** `owners`: which file each id belongs to so far. One without an owner goes to the first file by name. */
export function dagsOfFiles(
  { files, pending }: Pick<FolderParse, 'files' | 'pending'>,
  owners: ReadonlyMap<string, string>,
): { dags: ParsedDag[]; errors: ImportError[] } {
  const definitions = new Map<string, ParsedDag[]>()
  for (const dag of files.flatMap((file) => file.dags)) {
    const { dagId } = dag.serialized
    definitions.set(dagId, [...(definitions.get(dagId) ?? []), dag])
  }
  const broken = new Set(files.filter(({ error }) => error).map(({ filePath }) => filePath))
  const dags: ParsedDag[] = []
  const errors = files.flatMap(({ error }) => error ?? [])
  for (const [dagId, all] of definitions) {
    const owner = owners.get(dagId)
    const kept = all.find(({ filePath }) => filePath === owner)
    if (!kept && owner !== undefined && pending.includes(owner)) continue
    if (!kept && owner !== undefined && broken.has(owner)) {
      errors.push(...all.map((dag) => doubleError(dag, owner)))
      continue
    }
    const chosen = kept ?? all[0]!
    dags.push(chosen)
    for (const dag of all) if (dag !== chosen) errors.push(doubleError(dag, chosen.filePath))
  }
  return { dags, errors: oneForEachFile(errors) }
}

function doubleError({ filePath, serialized, source }: ParsedDag, owner: string): ImportError {
  const { dagId } = serialized
  const [where, used] =
    owner === filePath
      ? [`twice in ${filePath}`, 'the first']
      : [`in ${owner} and in ${filePath}`, 'the one in the former']
  return {
    filePath,
    message: `DAG "${dagId}" is defined ${where}; ${used} is used. Give one of them another id, or remove it.`,
    line: lineOf(source, dagId),
  }
}

/** `terrace.import_error` holds one error for each file. */
function oneForEachFile(errors: readonly ImportError[]): ImportError[] {
  const byFile = new Map<string, ImportError>()
  for (const error of errors) {
    const before = byFile.get(error.filePath)
    byFile.set(
      error.filePath,
      before ? { ...before, message: `${before.message}\n${error.message}` } : error,
    )
  }
  return [...byFile.values()]
}

function lineOf(source: string, dagId: string): number | null {
  const index = source.split('\n').findIndex((line) => /['"`]/.test(line) && line.includes(dagId))
  return index < 0 ? null : index + 1
}
