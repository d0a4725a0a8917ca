// What stands in the head of a project's .sql file, checked value by value.

import { ProjectFileError, type SqlFile } from './sql-header.ts'

/** @throws ProjectFileError when it is missing or empty */
export function required<Key extends string>(file: SqlFile<Key>, key: Key): string {
  const value = file.header[key]?.value
  if (value) return value
  throw wrong(file, key, `has no ${key}. Write "-- ${key}: …" above the statement.`)
}

/** @throws ProjectFileError when it is none of those allowed */
export function oneOf<Key extends string, Value extends string>(
  file: SqlFile<Key>,
  key: Key,
  allowed: readonly Value[],
): Value {
  const value = required(file, key)
  const found = allowed.find((one) => one === value)
  if (found !== undefined) return found
  throw wrong(file, key, `${key} is "${value}". Use ${allowed.join(', ')}.`)
}

export function listed<Key extends string>(file: SqlFile<Key>, key: Key): string[] {
  const parts = (file.header[key]?.value ?? '').split(',')
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** @throws ProjectFileError when it is none, or does more than read */
export function statement<Key extends string>(file: SqlFile<Key>): string {
  if (/^(select|with)\b/i.test(file.sql)) return file.sql
  const found = file.sql === '' ? 'has no statement' : 'the statement does not read'
  throw new ProjectFileError(
    file.file,
    file.sqlLine,
    `${found}. Write one that begins with "select" or "with".`,
  )
}

export function wrong<Key extends string>(
  file: SqlFile<Key>,
  key: Key,
  message: string,
): ProjectFileError {
  return new ProjectFileError(file.file, file.header[key]?.line ?? null, message)
}
