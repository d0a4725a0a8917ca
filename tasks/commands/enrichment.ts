// enrichment: what outer APIs were asked, what waits for them, and asking again at once.

import {
  type Command,
  examples,
  type OutputFormat,
  outputOption,
  printRecord,
  printRows,
  UsageError,
} from '../../orchestrator/cli/commands.ts'
import { counted } from '../../orchestrator/counted.ts'
import type { LookupKind } from '../enrich/providers.ts'
import {
  type ApiStatus,
  LOOKUP_KINDS,
  type PendingStatus,
  readApis,
  readPending,
  retryNow,
} from '../enrich/status.ts'
import { withTables } from './with-tables.ts'

const API_COLUMNS = ['kind', 'provider', 'state', 'calls', 'quota', 'failed', 'last_answer_at']
const PENDING_COLUMNS = ['kind', 'pending', 'postponed', 'oldest', 'last_problem']
const MAX_PROBLEM = 120
const KIND_OF: Record<string, LookupKind> = {
  positionstack: 'geo',
  openweather: 'weather',
  openexchangerates: 'fx',
}

export function define(enrichment: Command): void {
  const status = enrichment
    .command('status')
    .description('calls of this month and their quota, what is pending, what failed last')
    .addOption(outputOption())
    .action(async ({ output }: { output: OutputFormat }) => {
      const { apis, pending } = await withTables('enrichment', async (pool) => ({
        apis: await readApis(pool),
        pending: await readPending(pool),
      }))
      if (output === 'json' || output === 'yaml') return printRecord({ apis, pending }, output)
      await printRows(apis.map(forEyes), output, API_COLUMNS)
      process.stdout.write('\n')
      await printRows(pending.map(pendingForEyes), output, PENDING_COLUMNS)
      for (const { provider, last_problem_at: at, last_problem: problem } of apis) {
        if (problem) process.stdout.write(`\n${provider}, ${at}: ${problem}\n`)
      }
    })
  examples(status, 'enrichment status', 'enrichment status -o json')

  const retry = enrichment
    .command('retry')
    .argument('[provider]', `${Object.keys(KIND_OF).join(', ')}; all without`, providerArgument)
    .description('ask again at once, such as with a new key: no wait is kept')
    .action(async (kind?: LookupKind) => {
      const kinds = kind ? [kind] : LOOKUP_KINDS
      const count = await withTables('enrichment', (pool) => retryNow(pool, kinds))
      process.stdout.write(
        `Postponed questions that are due now: ${count}. The next run of live_enrichment asks ` +
          'them, as far as the quota goes: terrace dags trigger live_enrichment\n',
      )
    })
  examples(retry, 'enrichment retry', 'enrichment retry positionstack')
}

function providerArgument(text: string): LookupKind {
  const kind = Object.hasOwn(KIND_OF, text) ? KIND_OF[text] : undefined
  if (kind) return kind
  throw new UsageError(
    `There is no provider "${text}". Known ones: ${Object.keys(KIND_OF).join(', ')}.`,
  )
}

const forEyes = (api: ApiStatus) => ({ ...api, quota: api.quota ?? '' })

function pendingForEyes({ oldest_seconds: seconds, last_problem: problem, ...row }: PendingStatus) {
  return {
    ...row,
    oldest: seconds === null ? '' : duration(seconds),
    last_problem:
      problem && problem.length > MAX_PROBLEM ? `${problem.slice(0, MAX_PROBLEM)}…` : problem,
  }
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`
  return counted(Math.floor(seconds / 86_400), 'day')
}
