// `npm run build`: what `npm pack` ships. Compiles orchestrator/ and connections/ to dist/, copies beside
// them what is no TypeScript (their SQL, the runner's bootstrap), and builds the page. The shop stays out.

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { compileTo } from '../orchestrator/dag-processor/compiled-checkout.mjs'

const PACKAGED_SQL = ['sql/orchestrator', 'sql/event-log']

rmSync('dist', { recursive: true, force: true })
compileTo(process.cwd(), join(process.cwd(), 'dist'))
for (const folder of PACKAGED_SQL) cpSync(folder, join('dist', folder), { recursive: true })
await build({ configFile: 'web/vite.config.ts', configLoader: 'runner', logLevel: 'warn' })
