import { connections } from '../../connections/index.ts'
import { type MigrationResult, migrateWarehouse } from '../../connections/migrations.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'

/** Never past a database that is not ours: `--yes` is for a person at a prompt. */
export async function initDwh(_args: unknown, context: TaskContext): Promise<MigrationResult> {
  const result = await migrateWarehouse(await connections())
  for (const note of result.notes) context.log.warning(note)
  return result
}
