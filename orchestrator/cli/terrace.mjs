#!/usr/bin/env node
// The `terrace` command. Plain JavaScript, and old on purpose: it must still parse, and say so, on a
// Node that is too old for everything else. In a checkout it runs a build of the sources as they are
// now, in the published package the one that it ships.

import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `terrace: Node ${process.versions.node} is too old; Node 20.19 or newer is needed. ` +
      'Install a newer one from https://nodejs.org, or with "nvm install 22".',
  )
  process.exitCode = 1
} else {
  const { runCli } = await import(await mainModule())
  process.exitCode = await runCli(process.argv.slice(2))
}

async function mainModule() {
  const source = new URL('./main.ts', import.meta.url)
  // A checkout may hold a stale dist/, so the source wins; the package does not hold it.
  if (!existsSync(source))
    return new URL('../../dist/orchestrator/cli/main.js', import.meta.url).href
  const { compiledCheckout } = await import('../dag-processor/compiled-checkout.mjs')
  const build = compiledCheckout()
  if (build !== null) return new URL('orchestrator/cli/main.js', build).href
  const tsx = await import('tsx/esm/api')
  tsx.register()
  return source.href
}
