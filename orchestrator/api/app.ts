// The web server as a value: tests inject requests, only roles/web.ts listens. The page's files are open
// to anybody; all that they show and change needs a login.

import cookie from '@fastify/cookie'
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { environmentTexts } from '../../connections/environment.ts'
import { type Mask, maskSecrets } from '../../connections/mask-secrets.ts'
import type { Pool } from '../../connections/postgres.ts'
import type { PageState } from '../page/page.ts'
import { pageRoutes, sendMissingView } from '../page/page-routes.ts'
import { rememberMethods } from './allowed-methods.ts'
import { ApiError, apiErrorOf } from './api-error.ts'
import { credentialChecker } from './auth/check-credentials.ts'
import { requireLogin } from './auth/login-hook.ts'
import { guardRequests } from './guard.ts'
import { readJsonExactly } from './json-bodies.ts'
import { assetRoutes } from './routes/assets.ts'
import { dagRunRoutes } from './routes/dag-runs.ts'
import { dagRoutes } from './routes/dags.ts'
import { dagChangeRoutes } from './routes/dags-change.ts'
import { dagTriggerRoutes } from './routes/dags-trigger.ts'
import { eventLogRoutes } from './routes/event-logs.ts'
import { importErrorRoutes } from './routes/import-errors.ts'
import { jobRoutes } from './routes/jobs.ts'
import { loginRoutes } from './routes/logins.ts'
import { logRoutes } from './routes/logs.ts'
import { markRoutes } from './routes/marks.ts'
import { monitorRoutes } from './routes/monitor.ts'
import { poolRoutes } from './routes/pools.ts'
import { taskInstanceRoutes } from './routes/task-instances.ts'
import { taskClearRoutes } from './routes/tasks-clear.ts'
import { xcomRoutes } from './routes/xcom-entries.ts'
import { type InspectEngines, keepReports, readStatus } from './status.ts'
import type { ProjectReads } from './ui/project-reads.ts'
import { uiRoutes } from './ui/ui-routes.ts'

const BODY_LIMIT = 64 * 1024
const NO_PAGE: PageState = { kind: 'missing', problem: 'This server was started without it.' }

export interface AppOptions {
  pool: Pool
  /** Connections that no list takes, for health and logins; those of `pool` when left out. */
  urgentPool?: Pool
  /** What the server listens on; its name is allowed in the Host header. */
  host: string
  /** Where people reach the page when that is another name. */
  pageUrl?: string | undefined
  inspectEngines: InspectEngines
  /** The built page; without it the addresses of the page say that there is none. */
  page?: () => PageState
  /** What the project shows of itself; without it there are no layers and no questions. */
  project?: ProjectReads
  /** Hides secrets in what tasks returned; by default those of this process's environment. */
  mask?: Mask
  /** Told of errors that the client is not told about. */
  onError: (error: unknown) => void
}

export function buildApp({
  pool,
  urgentPool = pool,
  host,
  pageUrl,
  inspectEngines,
  page = () => NO_PAGE,
  project,
  mask = maskSecrets(environmentTexts()),
  onError,
}: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    // Kept-alive connections of open pages would hold the close for ever.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1_000 },
    frameworkErrors: (error, _request, reply) => {
      sendError(reply, apiErrorOf(error))
    },
  })
  guardRequests(app, host, pageUrl)
  app.register(cookie)
  // A form of another site can send text/plain without asking the browser, JSON it cannot.
  app.removeContentTypeParser('text/plain')
  readJsonExactly(app)
  const methodsOf = rememberMethods(app)

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const known = apiErrorOf(error)
    if (known.status >= 500) onError(error)
    return sendError(reply, known)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!
    const methods = methodsOf(path)
    if (methods.length === 0 || methods.includes(request.method)) {
      const shown = sendMissingView(request, reply, page())
      if (shown) return shown
      return sendError(reply, new ApiError('no_such_route', `There is nothing at ${path}`))
    }
    reply.header('allow', methods.join(', '))
    const detail = `${request.method} is nothing that ${path} does; it has ${methods.join(', ')}. Much else is on the command line: npx terrace --help`
    return sendError(reply, new ApiError('method_not_allowed', detail))
  })

  pageRoutes(app, page)
  const reports = keepReports(inspectEngines, () => performance.now())
  app.register(async (closed) => {
    requireLogin(closed, urgentPool)
    loginRoutes(closed, urgentPool, credentialChecker(urgentPool, onError))
    closed.get('/status', () => readStatus(pool, reports))
    closed.register(
      async (api) => {
        dagRoutes(api, pool)
        dagChangeRoutes(api, pool)
        dagTriggerRoutes(api, pool)
        dagRunRoutes(api, pool)
        taskInstanceRoutes(api, pool)
        xcomRoutes(api, pool, mask)
        taskClearRoutes(api, pool)
        markRoutes(api, pool)
        logRoutes(api, pool)
        importErrorRoutes(api, pool)
        assetRoutes(api, pool)
        eventLogRoutes(api, pool)
        jobRoutes(api, pool)
        poolRoutes(api, pool)
        monitorRoutes(api, urgentPool)
      },
      { prefix: '/api/v2' },
    )
    const ui = { pool, inspect: reports, project, mask, onError }
    closed.register(async (scope) => uiRoutes(scope, ui), { prefix: '/ui' })
  })
  return app
}

function sendError(reply: Pick<FastifyReply, 'code'>, error: ApiError): FastifyReply {
  const body = { detail: error.detail, code: error.code }
  return reply.code(error.status).type('application/json; charset=utf-8').send(body) as FastifyReply
}
