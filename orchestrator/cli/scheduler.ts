import type { Command } from 'commander'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples } from './command-options.ts'

export function define(scheduler: Command): void {
  scheduler.action(async () => {
    const { runScheduler } = await import('../roles/scheduler.ts')
    await runScheduler(loadEnvironment())
  })
  examples(scheduler, 'scheduler')
}
