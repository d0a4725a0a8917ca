// The statements of sql/, read once. One file is one statement with $1, $2 … as its parameters.

import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../sql/', import.meta.url)
const texts = new Map<string, Promise<string>>()

/** Text of a file below sql/, such as `dds/load/h_user.sql`. */
export function sqlFile(path: string): Promise<string> {
  let text = texts.get(path)
  if (text === undefined) {
    text = readFile(new URL(path, folder), 'utf8')
    texts.set(path, text)
  }
  return text
}

/** Paths of the .sql files of a folder below sql/, in order of name. */
export async function listSqlFiles(path: string): Promise<string[]> {
  const names = await readdir(new URL(`${path}/`, folder))
  return names
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => `${path}/${name}`)
}
