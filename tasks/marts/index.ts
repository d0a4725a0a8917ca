// Tasks that take the Data Vault to the marts in ClickHouse.

export { buildMart } from './build-mart.ts'
export { checkMarts } from './check-marts.ts'
export { checkBatch, freezeBatch, type MartBatch } from './freeze-batch.ts'
export { initClickhouse } from './init-clickhouse.ts'
export { publishBatch } from './publish-batch.ts'
export { FACTS, MARTS, type Mart, TARGETS, TITLES } from './targets.ts'
export { tellSetAside } from './tell-set-aside.ts'
export { transferTable } from './transfer-table.ts'
export { wakeNextBatch } from './wake-next-batch.ts'
