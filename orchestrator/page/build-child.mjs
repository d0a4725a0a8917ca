// Builds the page in a process of its own, of the lowest priority: the roles and the first runs come
// first. It ends with its parent.

import { constants, setPriority } from 'node:os'

setPriority(constants.priority.PRIORITY_LOW)
process.once('disconnect', () => process.exit(1))

const [configFile] = process.argv.slice(2)
const { build } = await import('vite')
// `runner` writes no compiled copy of the settings beside them.
await build({ configFile, configLoader: 'runner', logLevel: 'warn' })
process.exit(0)
