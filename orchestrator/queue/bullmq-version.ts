import { createRequire } from 'node:module'

/** Of the installed package, for the banner. */
export const bullmqVersion: string = createRequire(import.meta.url)('bullmq/package.json').version
