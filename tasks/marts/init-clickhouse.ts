import { connections } from '../../connections/index.ts'
import { migrateMarts, migrateWarehouse } from '../../connections/migrations.ts'

/** The ledger of the marts is in the warehouse, so that one comes first, whichever DAG runs first. */
export async function initClickhouse(): Promise<{ applied: string[] }> {
  const open = await connections()
  await migrateWarehouse(open)
  return migrateMarts(open)
}
