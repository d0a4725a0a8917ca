// Asks what findLookups noted, once per question, and takes the answers to dds: first those that raw
// holds already, then the provider's. No transaction is open while a provider is asked; each page of
// answers is one, with a load of its own that is finished at once, so that the marts reopen the days
// that it touches.

import { connections } from '../../connections/index.ts'
import { inTransaction, type Queryable } from '../../connections/postgres.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { keepReplies, type Lookup, readKept, storeAnswers } from './answers.ts'
import { askProvider } from './ask-provider.ts'
import type { FoundLookups } from './find-lookups.ts'
import type { Provider } from './provider.ts'
import { withoutFailing } from './without-failing.ts'

export interface LookupArgs {
  found: FoundLookups
  questionsPerPage?: number
}

export interface LookupResult {
  calls: number
  /** Answers that raw held already. */
  fromRaw: number
  /** Rows that are new in dds. */
  rows: number
  /** Questions that are still without an answer. */
  pending: number
}

export async function lookUp<Question, Answer>(
  lookup: Lookup<Question, Answer>,
  provider: Provider<Question, Answer>,
  { found, questionsPerPage = 2_000 }: LookupArgs,
  context: TaskContext,
): Promise<LookupResult> {
  const { warehouse } = await connections()
  const { kind } = lookup
  const result: LookupResult = { calls: 0, fromRaw: 0, rows: 0, pending: 0 }
  await withoutFailing(`Looking up ${kind}`, context, async () => {
    let last = ''
    let goesOn = true
    while (goesOn) {
      context.signal.throwIfAborted()
      const page = await readQuestions(warehouse, kind, last, questionsPerPage)
      if (page.length === 0) break
      last = page.at(-1)!
      const kept = await readKept(warehouse, provider, page)
      const known = new Set(kept.map(({ question }) => question))
      const open = page.filter((question) => !known.has(question))
      const asked = await askProvider(lookup, provider, open, context)
      goesOn = !asked.gaveUp
      result.calls += asked.calls
      result.fromRaw += kept.length
      result.rows += await inTransaction(warehouse, async (client) => {
        await raiseFence(client, context.fence)
        await keepReplies(client, provider.name, asked.replies)
        const answered = [...kept, ...asked.answered]
        const rows = await storeAnswers(client, lookup, provider.name, answered)
        failpoint('raw_to_dds.before_lookup_commit')
        return rows
      })
    }
    result.pending = await countPending(warehouse, kind)
  })
  const log = result.pending > 0 ? context.log.warning : context.log.info
  log(
    `${kind} from ${provider.name}: ${result.calls} calls for ${found.countEvents} new events, ` +
      `${result.pending} questions pending`,
    { ...result },
  )
  return result
}

async function readQuestions(
  db: Queryable,
  kind: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ question: string }>(
    `select question from dds.lookup_question
     where kind = $1 and question > $2
     order by question
     limit $3`,
    [kind, after, limit],
  )
  return rows.map(({ question }) => question)
}

async function countPending(db: Queryable, kind: string): Promise<number> {
  const { rows } = await db.query<{ count: string }>(
    'select count(*) as count from dds.lookup_question where kind = $1',
    [kind],
  )
  return Number(rows[0]!.count)
}
