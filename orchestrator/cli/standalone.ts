import type { Command } from 'commander'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples, integerArgument } from './command-options.ts'

export function define(standalone: Command): void {
  standalone
    .option('-c, --concurrency <n>', 'tasks at the same time', integerArgument(1, 1_000))
    .action(async (options: { concurrency?: number }) => {
      const { runStandalone } = await import('../roles/standalone.ts')
      await runStandalone(loadEnvironment(), options)
    })
  examples(standalone, 'standalone', 'standalone -c 16')
}
