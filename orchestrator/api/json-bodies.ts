// Bodies in JSON, read so that nothing in them is changed without a word: see graph/exact-json.ts.
// Fastify's own parser stays behind it, for what it refuses (no JSON, keys that reach a prototype).

import type { FastifyInstance } from 'fastify'
import { InexactJsonError, parseExactJson } from '../graph/exact-json.ts'
import { ApiError } from './api-error.ts'

export function readJsonExactly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      const problem = problemOf(body)
      if (problem) done(problem)
      else parse(request, body, done)
    },
  )
}

function problemOf(body: string): ApiError | null {
  try {
    // Fastify takes a byte order mark away.
    parseExactJson(body.replace(/^\ufeff/, ''))
    return null
  } catch (error) {
    if (!(error instanceof InexactJsonError)) return null
    const loc = ['body', ...error.path]
    return new ApiError('bad_body', [{ type: 'value_error', loc, msg: error.problem }])
  }
}
