// Starts the one Postgres that all tests share and stops it at the end. Its databases are made by
// `freshDatabase` (database.ts); durability is off since nobody reads this data twice.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../connections/engines/embedded-postgres.ts'
import { missingLanes } from './lanes.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser's URL of the shared Postgres; no test writes into this database itself. */
    postgresUrl: string
  }
}

export default async function setup(project: TestProject) {
  for (const line of missingLanes()) console.warn(line)
  const home = mkdtempSync(join(tmpdir(), 'terrace-test-'))
  // mkdtemp makes it private; run by root, Postgres runs as another user who must get in.
  chmodSync(home, 0o755)
  const postgres = await startEmbeddedPostgres({
    home,
    port: 0,
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
  })
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await postgres.stop()
    rmSync(home, { recursive: true, force: true })
    rmSync(postgres.folder, { recursive: true, force: true })
  }
}
