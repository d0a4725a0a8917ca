// The log of one attempt for the page: as events that follow it while it runs, and as a file.

import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { type LogRow, readAttemptEnd, readLogs } from '../../store/read/logs.ts'
import { apiErrorOf } from '../api-error.ts'
import { pathOf } from '../path-schema.ts'
import { checked, integer } from '../query-schema.ts'
import { missing, requireInstance } from '../routes/task-instances.ts'
import type { EventStream, EventStreams } from './event-stream.ts'
import { TASK } from './paths.ts'

const LINES_PER_EVENT = 1_000
const LOOK_EVERY_MS = 500

const logQuery = z.strictObject({
  map_index: integer(-1).default(-1),
  /** Line that the reader has already. */
  after: integer(0).default(0),
})

interface Attempt {
  taskInstanceId: string
  tryNumber: number
}

export function logEventRoutes(
  app: FastifyInstance,
  { pool, streams, onError }: LogEventOptions,
): void {
  app.get(`${TASK}/log/:try_number/events`, { exposeHeadRoute: false }, async (request, reply) => {
    const { after } = checked(logQuery, request.query)
    const attempt = await requireAttempt(pool, request)
    const stream = streams.open(request, reply)
    // A browser that opens the stream again says what it had last; the address is the old one.
    const last = Number(request.headers['last-event-id'])
    const from = Number.isSafeInteger(last) && last > after ? last : after
    follow(pool, attempt, from, stream).catch((error: unknown) => {
      onError(error)
      stream.end()
    })
    return reply
  })

  app.get(`${TASK}/log/:try_number/download`, async (request, reply) => {
    const attempt = await requireAttempt(pool, request)
    const { task_id, dag_id } = pathOf(request, 'dag_id', 'task_id')
    const name = `${dag_id}.${task_id}.${attempt.tryNumber}.log`.replace(/[^A-Za-z0-9_.-]/g, '_')
    reply.header('content-disposition', `attachment; filename="${name}"`)
    return reply.type('text/plain; charset=utf-8').send(Readable.from(asText(pool, attempt)))
  })
}

export interface LogEventOptions {
  pool: Pool
  streams: EventStreams
  onError: (error: unknown) => void
}

async function requireAttempt(pool: Pool, request: FastifyRequest): Promise<Attempt> {
  const { try_number } = pathOf(request, 'try_number')
  const { map_index } = checked(logQuery, request.query)
  const instance = await requireInstance(pool, request, map_index)
  const attempt = { taskInstanceId: instance.id, tryNumber: try_number }
  if (try_number >= 1 && try_number <= instance.tryNumber) return attempt
  throw missing(instance, { try_number })
}

async function follow(
  pool: Pool,
  attempt: Attempt,
  after: number,
  stream: EventStream,
): Promise<void> {
  let last = after
  await stream.send({ event: 'lines', data: { lines: [] }, id: last })
  while (!stream.signal.aborted) {
    const read = await readOn(pool, attempt, last)
    if (read && read.lines.length > 0) {
      last = read.lines.at(-1)!.lineNumber
      await stream.send({ event: 'lines', data: { lines: read.lines.map(lineShape) }, id: last })
    }
    if (read?.lines.length === LINES_PER_EVENT) continue
    if (read?.outcome) {
      await stream.send({ event: 'end', data: { outcome: read.outcome } })
      return stream.end()
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: stream.signal }).catch(() => {})
  }
}

/** null while the database is away: the stream stays, and goes on where it was. */
async function readOn(pool: Pool, { taskInstanceId, tryNumber }: Attempt, after: number) {
  try {
    // The end first: all lines of an attempt are written before it ends.
    const outcome = await readAttemptEnd(pool, taskInstanceId, tryNumber)
    const lines = await readLogs(pool, taskInstanceId, tryNumber, after, LINES_PER_EVENT)
    return { outcome, lines }
  } catch (error) {
    if (apiErrorOf(error).code === 'database_unavailable') return null
    throw error
  }
}

function lineShape(row: LogRow) {
  return {
    line_number: row.lineNumber,
    logged_at: row.loggedAt,
    level: row.level,
    stream: row.stream,
    message: row.message,
    fields: row.fields,
  }
}

async function* asText(pool: Pool, { taskInstanceId, tryNumber }: Attempt) {
  let last = 0
  for (;;) {
    const rows = await readLogs(pool, taskInstanceId, tryNumber, last, LINES_PER_EVENT)
    for (const row of rows) {
      const fields = row.fields === null ? '' : ` ${JSON.stringify(row.fields)}`
      yield `${row.loggedAt.toISOString()} ${row.level.padEnd(7)} ${row.message}${fields}\n`
    }
    if (rows.length < LINES_PER_EVENT) return
    last = rows.at(-1)!.lineNumber
  }
}
