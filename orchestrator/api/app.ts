// The web server as a value: tests inject requests, only roles/web.ts listens. Everything here reads;
// a request with another method than GET is told where changes are made.

import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import type { Pool } from '../../connections/postgres.ts'
import type { PageState } from '../page/page.ts'
import { pageRoutes } from '../page/page-routes.ts'
import { ApiError, apiErrorOf } from './api-error.ts'
import { guardRequests } from './guard.ts'
import { assetRoutes } from './routes/assets.ts'
import { dagRunRoutes } from './routes/dag-runs.ts'
import { dagRoutes } from './routes/dags.ts'
import { eventLogRoutes } from './routes/event-logs.ts'
import { importErrorRoutes } from './routes/import-errors.ts'
import { jobRoutes } from './routes/jobs.ts'
import { logRoutes } from './routes/logs.ts'
import { monitorRoutes } from './routes/monitor.ts'
import { poolRoutes } from './routes/pools.ts'
import { taskInstanceRoutes } from './routes/task-instances.ts'
import { type InspectEngines, keepReports, readStatus } from './status.ts'

const BODY_LIMIT = 64 * 1024
const NO_PAGE: PageState = { kind: 'missing', problem: 'This server was started without it.' }

export interface AppOptions {
  pool: Pool
  /** What the server listens on; its name is allowed in the Host header. */
  host: string
  inspectEngines: InspectEngines
  /** The built page; without it the addresses of the page say that there is none. */
  page?: () => PageState
  /** Told of errors that the client is not told about. */
  onError: (error: unknown) => void
}

export function buildApp({
  pool,
  host,
  inspectEngines,
  page = () => NO_PAGE,
  onError,
}: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 1_000 },
    frameworkErrors: (error, _request, reply) => {
      sendError(reply, apiErrorOf(error))
    },
  })
  guardRequests(app, host)

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const known = apiErrorOf(error)
    if (known.status >= 500) onError(error)
    return sendError(reply, known)
  })
  app.setNotFoundHandler((request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') {
      const path = request.url.split('?')[0]
      return sendError(reply, new ApiError('no_such_route', `There is nothing at ${path}`))
    }
    reply.header('allow', 'GET, HEAD')
    const detail = `This server only reads. Change things with the command line: npx terrace --help`
    return sendError(reply, new ApiError('read_only', detail))
  })

  pageRoutes(app, page)
  const reports = keepReports(inspectEngines, () => performance.now())
  app.get('/status', () => readStatus(pool, reports))
  app.register(
    async (api) => {
      dagRoutes(api, pool)
      dagRunRoutes(api, pool)
      taskInstanceRoutes(api, pool)
      logRoutes(api, pool)
      importErrorRoutes(api, pool)
      assetRoutes(api, pool)
      eventLogRoutes(api, pool)
      jobRoutes(api, pool)
      poolRoutes(api, pool)
      monitorRoutes(api, pool)
    },
    { prefix: '/api/v2' },
  )
  return app
}

function sendError(reply: Pick<FastifyReply, 'code'>, error: ApiError): FastifyReply {
  const body = { detail: error.detail, code: error.code }
  return reply.code(error.status).type('application/json; charset=utf-8').send(body) as FastifyReply
}
