#!/usr/bin/env node
// The `terrace` command. Plain JavaScript, and old on purpose: it must still parse, and say so, on a
// Node that is too old for everything else. In a checkout it runs the sources through tsx, in the
// published package the compiled JavaScript.

import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `terrace: Node ${process.versions.node} is too old; Node 20.19 or newer is needed. ` +
      'Install a newer one from https://nodejs.org, or with "nvm install 22".',
  )
  process.exitCode = 1
} else {
  const source = new URL('./main.ts', import.meta.url)
  const compiled = new URL('../../dist/orchestrator/cli/main.js', import.meta.url)
  // A checkout may hold a stale dist/, so the source wins; the package does not hold it.
  const fromSource = existsSync(source)
  if (fromSource) (await import('tsx/esm/api')).register()
  const { runCli } = await import((fromSource ? source : compiled).href)
  process.exitCode = await runCli(process.argv.slice(2))
}
