// Embedded engines that would be needed and are not installed, as in the image for containers or after
// `npm ci --omit=optional`.

import { findAddon } from '../clickhouse-front/native-engine.ts'
import type { Environment } from '../environment.ts'
import { findPackage } from './postgres-binaries.ts'

export interface MissingEngine {
  name: string
  /** Names a server instead. */
  variable: string
}

export function missingEngines(
  env: Pick<Environment, 'DATABASE_URL' | 'CLICKHOUSE_URL'>,
): MissingEngine[] {
  return [
    ...(env.DATABASE_URL || isThere(findPackage)
      ? []
      : [{ name: 'Postgres', variable: 'DATABASE_URL' }]),
    ...(env.CLICKHOUSE_URL || isThere(findAddon)
      ? []
      : [{ name: 'ClickHouse (chDB)', variable: 'CLICKHOUSE_URL' }]),
  ]
}

function isThere(find: () => string): boolean {
  try {
    find()
    return true
  } catch {
    return false
  }
}
