import { connections } from '../../connections/index.ts'
import { migrateWarehouse } from '../../connections/migrations.ts'

/** Never past a database that is not ours: `--yes` is for a person at a prompt. */
export async function initDwh(): Promise<{ applied: string[] }> {
  return migrateWarehouse(await connections())
}
