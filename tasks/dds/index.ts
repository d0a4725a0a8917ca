// Tasks that take raw to the Data Vault.

export { checkContracts } from './check-contracts.ts'
export { type CleanArgs, type CleanResult, cleanAndValidate } from './clean-and-validate.ts'
export { finishLoads } from './finish-loads.ts'
export { hasWork } from './has-work.ts'
export { initDwh } from './init-dwh.ts'
export {
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from './load-targets.ts'
export { loadTopic } from './load-topic.ts'
export { reportQuarantine } from './quarantine-report.ts'
export { type RebuildResult, rebuildVault } from './rebuild/rebuild-vault.ts'
export { refreshStatistics } from './refresh-statistics.ts'
export { checkLoads } from './run-checks.ts'
