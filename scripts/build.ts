// `npm run build`: what `npm pack` ships. Compiles orchestrator/ and connections/ to dist/ and copies
// beside them what is no TypeScript: their SQL, the page, the runner's bootstrap. The shop stays out.

import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGED = ['orchestrator', 'connections']
const PACKAGED_SQL = ['sql/orchestrator', 'sql/event-log']

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

for (const folder of PACKAGED) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (statSync(path).isFile() && !name.endsWith('.ts')) cpSync(path, join('dist', path))
  }
}
for (const folder of PACKAGED_SQL) cpSync(folder, join('dist', folder), { recursive: true })
