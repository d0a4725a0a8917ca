import type { Command } from 'commander'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples } from './command-options.ts'

export function define(engines: Command): void {
  engines.action(async () => {
    const { runEngines } = await import('../roles/engines.ts')
    await runEngines(loadEnvironment())
  })
  examples(engines, 'engines')
}
