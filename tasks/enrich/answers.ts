// Answers on their way into the warehouse: replies to raw as they were given, what they say to dds.

import type { Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import type { Unanswered } from './ask-provider.ts'
import type { Provider, Reply } from './provider.ts'
import type { LookupKind } from './providers.ts'

export interface Lookup<Question, Answer> {
  kind: LookupKind
  /** What the text of dds.lookup_question asks for. */
  question(text: string): Question
  /** Rows of an answer: the last two columns that sql/dds/enrich/answer_<kind>.sql takes. */
  rows(answer: Answer): (string | number | null)[][]
}

export interface Answered<Answer> {
  question: string
  /** As Postgres wrote it; null: now. */
  fetchedAt: string | null
  answer: Answer
}

/** Answers that raw holds and that can be read; the others are asked for again. */
export async function readKept<Question, Answer>(
  db: Queryable,
  lookup: Lookup<Question, Answer>,
  provider: Provider<Question, Answer>,
  questions: readonly string[],
): Promise<Answered<Answer>[]> {
  const { rows } = await db.query<{ question: string; body: Buffer; fetched_at: string }>(
    await sqlFile('dds/enrich/kept_answers.sql'),
    [provider.name, questions],
  )
  return rows.flatMap(({ question, body, fetched_at }) => {
    try {
      const answer = provider.read(body, lookup.question(question))
      return [{ question, fetchedAt: fetched_at, answer }]
    } catch {
      return []
    }
  })
}

export async function keepReplies(
  db: Queryable,
  provider: string,
  replies: readonly { question: string; reply: Reply }[],
): Promise<void> {
  const table = replies.map(({ question, reply: { status, body, etag = null } }) => [
    question,
    status,
    body,
    etag,
  ])
  await db.query(await sqlFile('dds/enrich/keep_answers.sql'), [provider, ...columns(table, 4)])
}

/** Puts off what a live provider did not answer. */
export async function postpone(
  db: Queryable,
  kind: LookupKind,
  unanswered: readonly Unanswered[],
): Promise<void> {
  const table = unanswered.map(({ question, isRefusal, problem }) => [question, isRefusal, problem])
  await db.query(await sqlFile('dds/enrich/postpone_questions.sql'), [kind, ...columns(table, 3)])
}

/** @returns how many rows are new in dds */
export async function storeAnswers<Answer>(
  db: Queryable,
  { kind, rows }: Lookup<unknown, Answer>,
  provider: string,
  answered: readonly Answered<Answer>[],
): Promise<number> {
  const table = answered.flatMap(({ question, fetchedAt, answer }) =>
    rows(answer).map((row) => [question, fetchedAt, ...row]),
  )
  const stored = await db.query<{ count_rows: string }>(
    await sqlFile(`dds/enrich/answer_${kind}.sql`),
    [provider, ...columns(table, 4)],
  )
  await db.query(await sqlFile('dds/enrich/close_questions.sql'), [
    kind,
    answered.map(({ question }) => question),
  ])
  return Number(stored.rows[0]?.count_rows ?? 0)
}

/** Arrays for unnest, one a column. */
function columns(table: readonly unknown[][], width: number): unknown[][] {
  return Array.from({ length: width }, (_, column) => table.map((row) => row[column]))
}
