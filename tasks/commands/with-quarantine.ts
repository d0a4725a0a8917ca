import type { Pool } from '../../orchestrator/cli/commands.ts'
import { withTables } from './with-tables.ts'

export const withQuarantine = <T>(work: (pool: Pool) => Promise<T>): Promise<T> =>
  withTables('quarantine', work)
