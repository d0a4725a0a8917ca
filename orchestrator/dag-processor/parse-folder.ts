// Parses the DAG folder: which DAGs there are and which files do not load. No user code runs in
// this process, and no file can take others with it: after a crash or a hang the remaining files
// get a fresh child, and a file that may have suffered from another is tried again in a child of its own.

import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CodeHasher } from './code-hash.ts'
import { dagFiles } from './dag-files.ts'
import { dagsOfFiles } from './dags-of-files.ts'
import type { LoadFailure } from './describe-load-error.ts'
import { PARSE_LIMITS, type ParseLimits, ParseProcess } from './parse-process.ts'
import type { FolderParse, ParsedFile } from './parsed-file.ts'

export interface ParseFolderOptions extends Partial<ParseLimits> {
  /** The last result: files whose code is unchanged are not parsed again. */
  previous?: FolderParse
  /** Pass the same one each time, so that unchanged files are not read again. */
  hasher?: CodeHasher
  /** A file that failed is tried again after this time, though it is unchanged. Default 5 min. */
  retryErrorsAfterMs?: number
  /** Children at once, for many files; a file that hangs holds up one of them. Default 2. */
  concurrency?: number
  /** Told what there is while some file takes long, so that the others need not wait for it. */
  onInterim?: (result: FolderParse) => void
  interimAfterMs?: number
  signal?: AbortSignal
  now?: () => number
}

/** A child's start takes as long as ten files. */
const FILES_PER_CHILD = 10
const SLOW_AFTER_MS = 3_000
/** What a child may need to start beside, on a busy machine. */
const START_MS = 3_000
const EXTRA_LANES = 4

export async function parseFolder(
  folder: string,
  options: ParseFolderOptions = {},
): Promise<FolderParse> {
  const now = options.now ?? Date.now
  const hasher = options.hasher ?? new CodeHasher()
  const previous = new Map(options.previous?.files.map((file) => [file.filePath, file]))
  const retryAfterMs = options.retryErrorsAfterMs ?? 300_000

  const filePaths = await dagFiles(folder)
  const known: ParsedFile[] = []
  const queue: { filePath: string; codeHash: string }[] = []
  for (const filePath of filePaths) {
    const codeHash = await hasher.hash(folder, filePath)
    const before = previous.get(filePath)
    const isFresh = before?.error === null || now() - (before?.parsedAt ?? 0) < retryAfterMs
    if (before && before.codeHash === codeHash && isFresh) known.push(before)
    else queue.push({ filePath, codeHash })
  }

  const pending = new Set(queue.map(({ filePath }) => filePath))
  const onDone = (filePath: string, parsed: ParsedFile | null) => {
    pending.delete(filePath)
    if (parsed) known.push(parsed)
  }
  const interim = options.onInterim
  const timer =
    interim &&
    setInterval(() => interim(summarise(known, [...pending])), options.interimAfterMs ?? 2_000)
  try {
    const limit = options.concurrency ?? 2
    const lanes: Promise<void>[] = []
    // A lane that is stuck in a file lends its place to another one.
    const open = (atMost: number) => {
      if (queue.length === 0 || lanes.length >= atMost) return
      const lane = parseLane(folder, queue, onDone, options, now, () => open(limit + EXTRA_LANES))
      lane.catch(() => {}) // Awaited below, but perhaps only after it has failed.
      lanes.push(lane)
    }
    const atFirst = Math.min(limit, Math.ceil(queue.length / FILES_PER_CHILD))
    for (let n = 0; n < atFirst; n++) open(atFirst)
    for (let awaited = 0; awaited < lanes.length; ) {
      awaited = lanes.length
      await Promise.all(lanes)
    }
  } finally {
    clearInterval(timer)
  }
  return summarise(known, [])
}

/** Takes files from the queue until it is empty; says when one takes long. */
async function parseLane(
  folder: string,
  queue: { filePath: string; codeHash: string }[],
  onDone: (filePath: string, parsed: ParsedFile | null) => void,
  options: ParseFolderOptions,
  now: () => number,
  onSlow: () => void,
): Promise<void> {
  const limits: ParseLimits = {
    timeLimitMs: options.timeLimitMs ?? PARSE_LIMITS.timeLimitMs,
    memoryLimitMb: options.memoryLimitMb ?? PARSE_LIMITS.memoryLimitMb,
  }
  let child: ParseProcess | null = null
  const stop = () => void child?.end()
  options.signal?.addEventListener('abort', stop)
  try {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const path = join(folder, file.filePath)
      for (;;) {
        options.signal?.throwIfAborted()
        child ??= new ParseProcess(limits)
        const isOwnChild = child.parsed === 0
        const slow = setTimeout(onSlow, SLOW_AFTER_MS + (isOwnChild ? START_MS : 0))
        const outcome = await child.parse(folder, path).finally(() => clearTimeout(slow))
        if (child.isGone) child = null
        options.signal?.throwIfAborted()
        if ('dags' in outcome) {
          const source = await readFile(path, 'utf8').catch(() => '')
          const dags = outcome.dags.map((serialized) => ({ ...file, serialized, source }))
          onDone(file.filePath, { ...file, dags, error: null, parsedAt: now() })
          break
        }
        if (!outcome.isCertain) {
          // What a file has left behind must not be taken for another's.
          await child?.end()
          child = null
          if (!isOwnChild) continue
        }
        // A file that was deleted after the folder had been listed is no error.
        const isThere = await isOnDisk(path)
        onDone(file.filePath, isThere ? failed(file, outcome.failure, now()) : null)
        break
      }
    }
  } finally {
    options.signal?.removeEventListener('abort', stop)
    await child?.end()
  }
}

/** A link whose target is missing is there: it does not load, and somebody has to know. */
async function isOnDisk(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}

function failed(
  file: { filePath: string; codeHash: string },
  { message, line }: LoadFailure,
  parsedAt: number,
): ParsedFile {
  return { ...file, dags: [], error: { filePath: file.filePath, message, line }, parsedAt }
}

/** With nothing known of which file an id belongs to: the first file by name has it. */
function summarise(files: readonly ParsedFile[], pending: string[]): FolderParse {
  const sorted = files.toSorted((a, b) => (a.filePath < b.filePath ? -1 : 1))
  return { files: sorted, pending, ...dagsOfFiles({ files: sorted, pending }, new Map()) }
}
