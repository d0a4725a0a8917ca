// Takes answers to what findLookups noted to dds, once per question: those that raw holds already or
// that need no asking, then the provider's. No transaction is open while a provider is asked; each
// page of answers is one, with a load of its own that is finished at once, so that the marts reopen
// the days that it touches.
//
// A live provider is asked only by a run that says so (dags/live_enrichment.ts), never on the way of
// the base load.

import { connections } from '../../connections/index.ts'
import { inTransaction, type Pool, type Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { counted } from '../../orchestrator/counted.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import {
  type Answered,
  keepReplies,
  type Lookup,
  postpone,
  readKept,
  storeAnswers,
} from './answers.ts'
import { type Asked, askProvider } from './ask-provider.ts'
import type { FoundLookups } from './find-lookups.ts'
import type { LiveContext } from './live.ts'
import type { Provider } from './provider.ts'
import { logCalls } from './status.ts'
import { withoutFailing } from './without-failing.ts'

export type LookupArgs =
  | { found: FoundLookups; live?: false; questionsPerPage?: number }
  /** Asks live providers, for so long at most. */
  | { live: true; secondsPerRun?: number }

export interface LookupResult {
  calls: number
  /** Answers that raw held already. */
  fromRaw: number
  /** Rows that are new in dds. */
  rows: number
  /** Questions that are still without an answer. */
  pending: number
}

/** Calls are few and dear: their answers are kept soon. */
const LIVE_QUESTIONS_PER_PAGE = 20
const SECONDS_PER_RUN = 240

export async function askContext(args: LookupArgs): Promise<LiveContext> {
  const seconds = args.live ? (args.secondsPerRun ?? SECONDS_PER_RUN) : 0
  const { warehouse } = await connections()
  return { db: warehouse, until: performance.now() + seconds * 1000 }
}

export async function lookUp<Question, Answer>(
  lookup: Lookup<Question, Answer>,
  provider: Provider<Question, Answer>,
  args: LookupArgs,
  context: TaskContext,
): Promise<LookupResult> {
  const { warehouse } = await connections()
  const { kind } = lookup
  const asks = !provider.isLive || args.live === true
  const pages = args.live
    ? duePages(warehouse, kind, LIVE_QUESTIONS_PER_PAGE)
    : allPages(warehouse, kind, args.questionsPerPage ?? 2_000)
  const result: LookupResult = { calls: 0, fromRaw: 0, rows: 0, pending: 0 }
  await withoutFailing(`Looking up ${kind}`, context, async () => {
    for await (const page of pages) {
      const { kept, known, open } = await sortOut(warehouse, lookup, provider, page)
      const asked = asks ? await askProvider(lookup, provider, open, context) : null
      result.calls += asked?.calls ?? 0
      result.fromRaw += kept.length
      result.rows += await inTransaction(warehouse, async (client) => {
        await raiseFence(client, context.fence)
        if (asked) await keepAsked(client, lookup, provider, asked)
        const answered = [...kept, ...known, ...(asked?.answered ?? [])]
        const rows = await storeAnswers(client, lookup, provider.name, answered)
        failpoint('raw_to_dds.before_lookup_commit')
        return rows
      })
      // Not before: what a run that is told to stop was answered is kept first.
      context.signal.throwIfAborted()
      if (asked?.gaveUp) break
    }
    result.pending = await countPending(warehouse, kind)
    if (args.live && provider.isLive) await logCalls(warehouse, kind, context.log)
  })
  const log = result.pending > 0 ? context.log.warning : context.log.info
  const events = args.live ? '' : ` for ${args.found.countEvents} new events`
  log(
    `${kind} from ${provider.name}: ${counted(result.calls, 'call')}${events}, ` +
      `${counted(result.pending, 'question')} pending`,
    { ...result },
  )
  return result
}

/** What raw has an answer to, what needs none, and what has to be asked. */
async function sortOut<Question, Answer>(
  warehouse: Pool,
  lookup: Lookup<Question, Answer>,
  provider: Provider<Question, Answer>,
  page: readonly string[],
) {
  const kept = await readKept(warehouse, lookup, provider, page)
  const done = new Set(kept.map(({ question }) => question))
  const known: Answered<Answer>[] = []
  for (const question of page.filter((asked) => !done.has(asked))) {
    const found = provider.knows?.(lookup.question(question))
    if (!found) continue
    known.push({ question, fetchedAt: null, answer: found.answer })
    done.add(question)
  }
  return { kept, known, open: page.filter((question) => !done.has(question)) }
}

async function keepAsked<Question, Answer>(
  client: Queryable,
  { kind }: Lookup<Question, Answer>,
  { name, isLive }: Provider<Question, Answer>,
  { replies, unanswered }: Asked<Answer>,
): Promise<void> {
  await keepReplies(client, name, replies)
  if (isLive) await postpone(client, kind, unanswered)
}

async function* allPages(db: Queryable, kind: string, limit: number): AsyncGenerator<string[]> {
  const sql = `select question from dds.lookup_question
     where kind = $1 and question > $3
     order by question
     limit $2`
  let page = await readQuestions(db, sql, [kind, limit, ''])
  while (page.length > 0) {
    yield page
    page = await readQuestions(db, sql, [kind, limit, page.at(-1)])
  }
}

/** Each question is answered or postponed before the next page is read. */
async function* duePages(db: Queryable, kind: string, limit: number): AsyncGenerator<string[]> {
  const sql = await sqlFile('dds/status/due_questions.sql')
  let page = await readQuestions(db, sql, [kind, limit])
  while (page.length > 0) {
    yield page
    page = await readQuestions(db, sql, [kind, limit])
  }
}

async function readQuestions(db: Queryable, sql: string, parameters: unknown[]): Promise<string[]> {
  const { rows } = await db.query<{ question: string }>(sql, parameters)
  return rows.map(({ question }) => question)
}

async function countPending(db: Queryable, kind: string): Promise<number> {
  const { rows } = await db.query<{ count: string }>(
    'select count(*) as count from dds.lookup_question where kind = $1',
    [kind],
  )
  return Number(rows[0]!.count)
}
