// The project's questions over the marts, and their answers.

import type { FastifyInstance } from 'fastify'
import { MartsReadError, readMarts } from '../../../connections/read-marts.ts'
import { projectPath } from '../../project-files/manifest.ts'
import { type Question, readQuestions } from '../../project-files/questions.ts'
import { ApiError } from '../api-error.ts'
import { pathOf } from '../path-schema.ts'
import { plainValue } from './clickhouse-values.ts'
import { KeptAnswers } from './kept-answers.ts'
import { type ProjectReads, READ_SECONDS } from './project-reads.ts'

const KEPT_MS = 5_000
const MOST_ROWS = 1_000
const FOLDER = 'a folder, such as "./metabase/questions"'

export function questionRoutes(app: FastifyInstance, project: ProjectReads | undefined): void {
  const kept = new KeptAnswers<Awaited<ReturnType<typeof ask>>>(KEPT_MS)

  app.get('/questions', () => ({ questions: questionsOf(project).map(questionShape) }))

  app.get('/questions/:question_id', (request) => {
    const { question_id } = pathOf(request, 'question_id')
    const question = questionsOf(project).find(({ id }) => id === question_id)
    if (!project || !question) throw ApiError.notFound('question', { question_id })
    if (question.problem !== null) throw new ApiError('question_failed', question.problem)
    // The text too: one that was mended meanwhile is asked anew.
    return kept.get(JSON.stringify(question), () => ask(project, question))
  })
}

function questionsOf(project: ProjectReads | undefined): Question[] {
  const folder = project ? projectPath(project.folder, 'questions', FOLDER) : null
  return folder === null ? [] : readQuestions(folder)
}

async function ask({ clickhouseUrl, currency }: ProjectReads, question: Question) {
  try {
    const { columns, rows } = await readMarts({
      url: clickhouseUrl,
      query: question.sql,
      timeoutSeconds: READ_SECONDS,
      settings: { limit: String(MOST_ROWS + 1), date_time_output_format: 'iso' },
    })
    return {
      ...questionShape(question),
      currency,
      columns: columns.map(({ name }) => name),
      rows: rows
        .slice(0, MOST_ROWS)
        .map((row) => row.map((value, i) => plainValue(value, columns[i]!.type))),
      rows_cut: rows.length > MOST_ROWS,
      ran_at: new Date(),
    }
  } catch (error) {
    throw error instanceof MartsReadError ? failed(question, error) : error
  }
}

function failed({ id, file }: Question, error: MartsReadError): ApiError {
  const fix = {
    unreachable: 'Start ClickHouse, or correct CLICKHOUSE_URL.',
    no_json: `Leave "format …" out of ${file}.`,
    refused: error.isTimeout
      ? `It took longer than ${READ_SECONDS} s: let it read less.`
      : error.isAuthentication
        ? 'Correct the user and password in CLICKHOUSE_URL.'
        : `Correct ${file}; \`terrace sql marts\` tries a statement.`,
  }[error.reason]
  const detail = `The question "${id}" failed. ${error.message}\n${fix}`
  return new ApiError('question_failed', detail, { cause: error })
}

function questionShape(question: Question) {
  const { file: _file, sql: _sql, ...shown } = question
  return shown
}
