import { CommandError, type Pool, withWarehouse } from '../../orchestrator/cli/commands.ts'

const UNDEFINED_TABLE = '42P01'

/** @throws CommandError when the warehouse has no quarantine yet */
export function withQuarantine<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  return withWarehouse(async (pool) => {
    try {
      return await work(pool)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE))
        throw error
      throw new CommandError(
        'The warehouse has no quarantine of this version. Run `terrace db migrate`, or `terrace standalone`, which migrates by itself.',
        { cause: error },
      )
    }
  })
}
