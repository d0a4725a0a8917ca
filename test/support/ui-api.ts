// The web server over a database of a test's own, with somebody logged in: asked by injection, and
// listening where a test follows a stream.

import type { FastifyInstance } from 'fastify'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import type { ProjectReads } from '../../orchestrator/api/ui/project-reads.ts'
import { type EventReader, readEvents } from './event-reader.ts'
import { authorization } from './login.ts'

export interface UiApi {
  app: FastifyInstance
  pool: Pool
  /** Errors that the client was not told of. */
  errors: unknown[]
  ask(path: string): Promise<{ status: number; text: string; body: Body }>
  /** @throws when the answer is not 200 */
  json(path: string): Promise<Body>
  /** Follows a stream of events; the server listens from then on. */
  follow(path: string, headers?: Record<string, string>): Promise<EventReader>
  close(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
type Body = any

export async function openUiApi(
  url: string,
  { project }: { project?: ProjectReads } = {},
): Promise<UiApi> {
  const pool = openPostgres(url, { max: 5 })
  const login = await authorization(pool)
  const errors: unknown[] = []
  const app = buildApp({
    pool,
    host: '127.0.0.1',
    inspectEngines: async () => [],
    onError: (error) => errors.push(error),
    ...(project && { project }),
  })
  const readers: EventReader[] = []
  let address: Promise<string> | undefined

  async function ask(path: string) {
    const response = await app.inject({ url: path, headers: { host: 'localhost', ...login } })
    const isJson = String(response.headers['content-type']).includes('json')
    return {
      status: response.statusCode,
      text: response.body,
      body: isJson ? response.json() : response.body,
    }
  }

  return {
    app,
    pool,
    errors,
    ask,
    async json(path) {
      const { status, text, body } = await ask(path)
      if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
      return body
    },
    async follow(path, headers = {}) {
      address ??= app.listen({ host: '127.0.0.1', port: 0 })
      const reader = await readEvents(`${await address}${path}`, { ...login, ...headers })
      readers.push(reader)
      return reader
    },
    async close() {
      for (const reader of readers) reader.leave()
      await app.close()
      await pool.end()
    },
  }
}
