import type { Command } from 'commander'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples } from './command-options.ts'

export function define(standalone: Command): void {
  standalone.action(async () => {
    const { runStandalone } = await import('../roles/standalone.ts')
    await runStandalone(loadEnvironment())
  })
  examples(standalone, 'standalone')
}
