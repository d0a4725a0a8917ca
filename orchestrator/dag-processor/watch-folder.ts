// Keeps the parsed DAG folder up to date: at once when a DAG file changes, and by a scan every few
// seconds for what the file system does not tell (network folders, imports from elsewhere). A scan
// in which nothing has changed reads no file and starts no child.

import { type FSWatcher, watch } from 'node:fs'
import { CodeHasher } from './code-hash.ts'
import { type ParseFolderOptions, parseFolder } from './parse-folder.ts'
import type { FolderParse } from './parsed-file.ts'

export interface WatchFolderOptions
  extends Omit<ParseFolderOptions, 'previous' | 'hasher' | 'onInterim' | 'signal'> {
  /** Called with the first result, each that differs, and now and then; called again when it fails. */
  onResult: (result: FolderParse) => void | Promise<void>
  onError: (error: unknown) => void
  debounceMs?: number
  rescanMs?: number
  /** An unchanged result is handed over again after this time: a DAG that was deleted comes back. */
  repeatMs?: number
}

export interface FolderWatch {
  /** Scans now, and resolves when the result has been handed over. */
  rescan(): Promise<void>
  close(): Promise<void>
}

export function watchFolder(folder: string, options: WatchFolderOptions): FolderWatch {
  const {
    onResult,
    onError,
    debounceMs = 200,
    rescanMs = 5_000,
    repeatMs = 30_000,
    ...parseOptions
  } = options
  const hasher = new CodeHasher()
  const closing = new AbortController()
  let previous: FolderParse | undefined
  let handedOver = ''
  let handedOverAt = 0
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let watcher: FSWatcher | undefined

  const handOver = async (result: FolderParse) => {
    const signature = signatureOf(result)
    const isRecent = performance.now() - handedOverAt < repeatMs
    if (signature === handedOver && isRecent) return
    await onResult(result)
    handedOver = signature
    handedOverAt = performance.now()
  }

  const scan = async () => {
    if (closing.signal.aborted) return
    clearTimeout(timer)
    let interim: Promise<void> = Promise.resolve()
    try {
      watcher ??= startWatcher()
      const result = await parseFolder(folder, {
        ...parseOptions,
        hasher,
        ...(previous && { previous }),
        onInterim: (partial) => {
          interim = interim.then(() => handOver(partial)).catch(onError)
        },
        signal: closing.signal,
      })
      previous = result
      await interim
      await handOver(result)
    } catch (error) {
      if (!closing.signal.aborted) onError(error)
    }
    scanIn(rescanMs)
  }

  // One scan at a time.
  const rescan = () => {
    running = running.then(scan)
    return running
  }

  function scanIn(delayMs: number): void {
    clearTimeout(timer)
    if (!closing.signal.aborted) timer = setTimeout(() => void rescan(), delayMs)
  }

  function startWatcher(): FSWatcher | undefined {
    try {
      const started = watch(folder, { recursive: true, persistent: false }, () =>
        scanIn(debounceMs),
      )
      // No watcher, or no more of them, is no harm: the scan goes on.
      started.on('error', () => {
        started.close()
        watcher = undefined
      })
      return started
    } catch {
      return undefined
    }
  }

  void rescan()
  return {
    rescan,
    async close() {
      closing.abort()
      clearTimeout(timer)
      watcher?.close()
      await running
    },
  }
}

function signatureOf({ files, errors, pending }: FolderParse): string {
  return JSON.stringify([
    files.map(({ filePath, codeHash }) => [filePath, codeHash]),
    errors,
    pending,
  ])
}
