// The log of one attempt: as JSON in pages with a continuation token, or whole: as one NDJSON stream, or
// as one JSON answer for `full_content`. What is whole is streamed, however long the log is.

import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { ENDED_STATES } from '../../graph/states.ts'
import { type LogRow, readLogs, triesWithLogs } from '../../store/read/logs.ts'
import type { TaskInstanceRow } from '../../store/read/task-instances.ts'
import { pathOf } from '../path-schema.ts'
import { checked, flag, integer } from '../query-schema.ts'
import { missing, requireInstance, TASK_INSTANCE } from './task-instances.ts'

const PAGE = 5_000
const TOKEN = /^line-(\d{1,9})$/

const logsQuery = z.strictObject({
  map_index: integer(-1).default(-1),
  full_content: flag.default(false),
  /** What the answer before gave as `continuation_token`. */
  token: z
    .string()
    .regex(TOKEN, 'must be the continuation_token of an earlier answer')
    .transform((token) => Number(TOKEN.exec(token)?.[1]))
    .optional(),
})

export function logRoutes(app: FastifyInstance, pool: Pool): void {
  app.get(`${TASK_INSTANCE}/logs/:try_number`, async (request, reply) => {
    const { try_number } = pathOf(request, 'try_number')
    const query = checked(logsQuery, request.query)
    const instance = await requireInstance(pool, request, query.map_index)
    if (try_number > instance.tryNumber || try_number < 1) {
      const known = await triesWithLogs(pool, instance.id)
      if (!known.includes(try_number)) throw missing(instance, { try_number })
    }
    const from = query.token ?? 0
    if (request.headers.accept?.includes('application/x-ndjson')) {
      const lines = Readable.from(ndjson(pool, instance, try_number, from))
      return reply.type('application/x-ndjson').send(lines)
    }
    if (query.full_content) {
      const answer = Readable.from(fullContent(pool, instance, try_number, from))
      return reply.type('application/json; charset=utf-8').send(answer)
    }
    const rows = await readLogs(pool, instance.id, try_number, from, PAGE)
    const last = rows.at(-1)?.lineNumber ?? from
    const mayGrow = rows.length === PAGE || !hasEnded(instance, try_number)
    return {
      content: rows.map(lineShape),
      // A client that follows asks again with it; null tells it to stop.
      continuation_token: mayGrow ? `line-${last}` : null,
    }
  })
}

async function* ndjson(pool: Pool, instance: TaskInstanceRow, tryNumber: number, from: number) {
  for await (const rows of pages(pool, instance, tryNumber, from)) {
    yield rows.map((row) => `${JSON.stringify(lineShape(row))}\n`).join('')
  }
}

async function* fullContent(
  pool: Pool,
  instance: TaskInstanceRow,
  tryNumber: number,
  from: number,
) {
  let before = '{"content":['
  for await (const rows of pages(pool, instance, tryNumber, from)) {
    yield before + rows.map((row) => JSON.stringify(lineShape(row))).join(',')
    before = ','
  }
  yield `${before === ',' ? '' : before}],"continuation_token":null}`
}

async function* pages(pool: Pool, instance: TaskInstanceRow, tryNumber: number, from: number) {
  let after = from
  for (;;) {
    const rows = await readLogs(pool, instance.id, tryNumber, after, PAGE)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    if (rows.length < PAGE) return
    after = last.lineNumber
  }
}

function lineShape(row: LogRow) {
  return {
    ...row.fields,
    event: row.message,
    timestamp: row.loggedAt,
    level: row.level,
    logger: row.stream,
  }
}

function hasEnded(instance: TaskInstanceRow, tryNumber: number): boolean {
  const ended: readonly string[] = [...ENDED_STATES, 'up_for_retry', 'none']
  return tryNumber < instance.tryNumber || ended.includes(instance.state)
}
