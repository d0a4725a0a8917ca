// Tasks that take raw to the Data Vault.

export { type CleanArgs, type CleanResult, cleanAndValidate } from './clean-and-validate.ts'
export { initDwh } from './init-dwh.ts'
export {
  finishLoads,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from './load-targets.ts'
export { reportQuarantine } from './quarantine-report.ts'
export { checkLoads } from './run-checks.ts'
