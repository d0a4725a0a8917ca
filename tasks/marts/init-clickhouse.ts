import { connections } from '../../connections/index.ts'
import {
  type MigrationResult,
  migrateMarts,
  migrateWarehouse,
} from '../../connections/migrations.ts'

/** The ledger of the marts is in the warehouse, so that one comes first, whichever DAG runs first. */
export async function initClickhouse(): Promise<MigrationResult> {
  const open = await connections()
  await migrateWarehouse(open)
  return migrateMarts(open)
}
