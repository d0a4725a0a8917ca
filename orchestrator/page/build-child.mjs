// Builds the page in a process of its own, whose priority the parent chooses. It ends with its parent.

import { setPriority } from 'node:os'

const [configFile, priority] = process.argv.slice(2)
setPriority(Number(priority))
process.once('disconnect', () => process.exit(1))

const { build } = await import('vite')
// `runner` writes no compiled copy of the settings beside them.
await build({ configFile, configLoader: 'runner', logLevel: 'warn' })
process.exit(0)
