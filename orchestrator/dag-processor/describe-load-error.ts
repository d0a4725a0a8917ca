// Says why a DAG file did not load: the cause, the fix, and the line if one is known. Absolute
// paths are cut down to the project's, and secrets are masked: the message is stored, shown and sent.

import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { environmentTexts } from '../../connections/environment.ts'
import { cutText, maskSecrets } from '../../connections/mask-secrets.ts'
import { storableText } from '../../connections/postgres-text.ts'

export interface LoadFailure {
  message: string
  line: number | null
}

const MAX_LENGTH = 4_000

export function describeLoadError(error: unknown, folder: string, file: string): LoadFailure {
  const failure = describe(error, file)
  return { message: cutText(clean(failure.message, folder), MAX_LENGTH), line: failure.line }
}

function describe(error: unknown, file: string): LoadFailure {
  if (!isErrorLike(error)) {
    return { message: `The file throws ${String(error)} when it is loaded. ${MOVE}.`, line: null }
  }
  const { name, message, code, stack } = error
  if (name === 'DagDefinitionError' || name === 'LoadDagError') {
    return { message, line: lineIn(stack, file) }
  }
  if (name === 'TransformError' || message.startsWith('Transform failed')) {
    return syntaxError(message, file)
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return {
      message: `${message}. Check the path in the import, its ending included, or install the package.`,
      line: lineOfImport(message, file),
    }
  }
  if (name === 'SyntaxError') {
    const exported = /does not provide an export named '?([^']+?)'?$/m.exec(message)?.[1]
    return {
      message: `${name}: ${message}. ${exported ? `Export "${exported}" there, or import another name` : 'Correct the syntax'}.`,
      line: lineIn(stack, file) ?? (exported ? lineWith(file, exported) : null),
    }
  }
  return {
    message: `${name}: ${message} (thrown when the file is loaded). ${MOVE}.`,
    line: lineIn(stack, file),
  }
}

const MOVE = 'Correct it, or move what can fail into a task'

/** esbuild's text: `<path>:<line>:<column>: ERROR: <cause>`, once for each error. */
function syntaxError(message: string, file: string): LoadFailure {
  const found = /^(.+?):(\d+):\d+: (?:ERROR: )?(.+)$/m.exec(message)
  if (!found) return { message: `Syntax error: ${message}. Correct the syntax.`, line: null }
  const [, path, line, cause] = found
  const isOwn = path === file
  return {
    message: `Syntax error${isOwn ? '' : ` in ${path}, line ${line}`}: ${cause}. Correct the syntax.`,
    line: isOwn ? Number(line) : null,
  }
}

/** The nearest line of the stack that is in this file. */
function lineIn(stack: string | undefined, file: string): number | null {
  for (const frame of (stack ?? '').split('\n')) {
    for (const path of [file, pathToFileURL(file).href]) {
      const at = frame.indexOf(path)
      const found = at < 0 ? null : /^(?:\?[^:]*)?:(\d+)/.exec(frame.slice(at + path.length))
      if (found) return Number(found[1])
    }
  }
  return null
}

function lineOfImport(message: string, file: string): number | null {
  const wanted = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1]
  return wanted ? lineWith(file, wanted.split('/').at(-1)!) : null
}

function lineWith(file: string, text: string): number | null {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    const index = lines.findIndex((line) => /import|from/.test(line) && line.includes(text))
    return index < 0 ? null : index + 1
  } catch {
    return null
  }
}

/** Masks secrets and names paths relative to the folder that holds the DAG folder. */
export function clean(message: string, folder: string): string {
  const root = dirname(folder)
  // Made anew: a file may have read secrets into the environment when it was loaded.
  return maskSecrets(environmentTexts())(storableText(message))
    .replaceAll(`${pathToFileURL(root).href}/`, '')
    .replaceAll(`${root}/`, '')
    .replaceAll(/\.\.(?=\s)/g, '.')
}

interface ErrorLike {
  name: string
  message: string
  code?: unknown
  stack?: string
}

function isErrorLike(error: unknown): error is ErrorLike {
  return (
    typeof error === 'object' &&
    error !== null &&
    typeof (error as ErrorLike).name === 'string' &&
    typeof (error as ErrorLike).message === 'string'
  )
}
