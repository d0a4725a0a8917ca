// Serves the page. Files with a hash in their name never change; the document that names them is never
// kept, so that a new build shows at the next load.

import { fastifyStatic } from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PageState } from './page.ts'
import { STAND_IN_CSS, standIn } from './stand-in.ts'

/** Addresses that the page itself knows what to do with (web/src/router.tsx). */
const VIEWS = [
  '/',
  '/login',
  '/login/:token',
  '/dags/*',
  '/import-errors',
  '/layers',
  '/dashboard',
  '/engines',
  '/alerts',
  '/audit',
]

const FOR_EVER = { maxAge: '1y', immutable: true }
/** The guard's `no-store` stays. */
const NEVER = { cacheControl: false, etag: false, lastModified: false }

/** Sends the page for an address that is nobody's, which it says with a way back; null: not asked for. */
export function sendMissingView(
  request: FastifyRequest,
  reply: FastifyReply,
  page: PageState,
): FastifyReply | null {
  const isForReading = request.method === 'GET' && !/^\/(api|ui|auth)\//.test(request.url)
  if (!isForReading || !request.headers.accept?.includes('text/html')) return null
  if (page.kind !== 'built') return null
  return reply.code(404).sendFile('index.html', page.folder, NEVER)
}

/** @param page asked at each request: a build may have ended meanwhile */
export function pageRoutes(app: FastifyInstance, page: () => PageState): void {
  app.register(fastifyStatic, { serve: false })

  for (const view of VIEWS) {
    app.get(view, async (_request, reply) => {
      const state = page()
      if (state.kind === 'built') return reply.sendFile('index.html', state.folder, NEVER)
      return reply.code(503).type('text/html; charset=utf-8').send(standIn(state))
    })
  }
  app.get('/stand-in.css', async (_request, reply) => reply.type('text/css').send(STAND_IN_CSS))

  const send = async (reply: FastifyReply, path: string, caching: object) => {
    const state = page()
    if (state.kind !== 'built') return reply.callNotFound()
    return reply.sendFile(path, state.folder, caching)
  }
  app.get('/favicon.svg', (_request, reply) => send(reply, 'favicon.svg', NEVER))
  app.get<{ Params: { file: string } }>('/assets/:file', ({ params }, reply) =>
    send(reply, `assets/${params.file}`, FOR_EVER),
  )
}
