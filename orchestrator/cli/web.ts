import type { Command } from 'commander'
import { loadEnvironment } from '../../connections/environment.ts'
import { examples, integerArgument } from './command-options.ts'

export function define(web: Command): void {
  web
    .option('-p, --port <port>', 'instead of TERRACE_WEB_PORT', integerArgument(0, 65_535))
    .action(async (options: { port?: number }) => {
      const { runWeb } = await import('../roles/web.ts')
      const env = loadEnvironment()
      await runWeb(
        options.port === undefined ? env : { ...env, TERRACE_WEB_PORT: options.port },
        {},
      )
    })
  examples(web, 'web', 'web --port 9000')
}
