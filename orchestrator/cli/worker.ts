import type { Command } from 'commander'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples, integerArgument } from './command-options.ts'

export function define(worker: Command): void {
  worker
    .option('-q, --queue <name...>', 'queues to serve', ['default'])
    .option('-c, --concurrency <n>', 'tasks at the same time', integerArgument(1, 1_000), 8)
    .action(async (options: { queue: string[]; concurrency: number }) => {
      const { runWorker } = await import('../roles/worker.ts')
      await runWorker(loadEnvironment(), {
        queues: options.queue,
        concurrency: options.concurrency,
      })
    })
  examples(worker, 'worker', 'worker -q default heavy -c 16')
}
