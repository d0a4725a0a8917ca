// `npm run catalogue`: writes docs/data-catalogue.md. Migrates engines of its own in a temporary folder,
// so that it tells what the files of sql/ make, and nothing of a warehouse that is in use.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withEngines } from '../connections/engines/index.ts'
import { loadEnvironment } from '../connections/environment.ts'
import { openConnections } from '../connections/index.ts'
import { migrateMarts, migrateWarehouse } from '../connections/migrations.ts'
import { renderCatalogue } from './catalogue/render.ts'

const home = mkdtempSync(join(tmpdir(), 'terrace-catalogue-'))
try {
  const env = loadEnvironment({ TERRACE_HOME: home, TERRACE_CLICKHOUSE_PORT: '0' })
  await withEngines(env, async (addresses) => {
    const connections = openConnections(addresses)
    try {
      await migrateWarehouse(connections)
      await migrateMarts(connections)
      const text = await renderCatalogue(connections.warehouse, connections.clickhouse)
      writeFileSync('docs/data-catalogue.md', text)
    } finally {
      await connections.close()
    }
  })
} finally {
  rmSync(home, { recursive: true, force: true })
}
