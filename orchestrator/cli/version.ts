import type { Command } from 'commander'
import { versionOfTerrace } from '../version.ts'
import { examples } from './command-options.ts'

export function define(version: Command): void {
  version.action(() => {
    process.stdout.write(`${versionOfTerrace()}\n`)
  })
  examples(version, 'version')
}
