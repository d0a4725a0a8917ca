import { CommandError, type Pool, withWarehouse } from '../../orchestrator/cli/commands.ts'

const UNDEFINED_TABLE = '42P01'
const UNDEFINED_COLUMN = '42703'

/** @throws CommandError when the warehouse was made by a version that had nothing of the kind */
export function withTables<T>(what: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  return withWarehouse(async (pool) => {
    try {
      return await work(pool)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null
      if (code !== UNDEFINED_TABLE && code !== UNDEFINED_COLUMN) throw error
      throw new CommandError(
        `The warehouse has no ${what} of this version. Run \`terrace db migrate\`, or \`terrace standalone\`, which migrates by itself.`,
        { cause: error },
      )
    }
  })
}
