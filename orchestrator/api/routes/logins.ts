// Logging in and out: with a password, with a link that works once, and for programs.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Pool } from '../../../connections/postgres.ts'
import { createShortToken, logInWithLink, logInWithPassword } from '../../accounts/logins.ts'
import { endSession } from '../../accounts/sessions.ts'
import { csrfTokenOf } from '../../accounts/tokens.ts'
import { versionOfTerrace } from '../../version.ts'
import { badCredentials, type CheckCredentials } from '../auth/check-credentials.ts'
import { loginOf } from '../auth/login-hook.ts'
import { clearSessionCookie, sessionTokenOf, setSessionCookie } from '../auth/session-cookie.ts'
import { pathOf } from '../path-schema.ts'

const open = { config: { open: true } } as const

export function loginRoutes(
  app: FastifyInstance,
  pool: Pool,
  checkCredentials: CheckCredentials,
): void {
  app.post('/ui/login', open, async (request, reply) => {
    const checked = await checkCredentials(request, reply)
    const token = await logInWithPassword(pool, checked, userAgentOf(request))
    if (token === null) throw badCredentials()
    setSessionCookie(request, reply, token)
    return { user: checked.user, csrf_token: csrfTokenOf(token) }
  })

  app.post('/auth/token', open, async (request, reply) => {
    const token = await createShortToken(pool, await checkCredentials(request, reply))
    if (token === null) throw badCredentials()
    return reply.code(201).send({ access_token: token })
  })

  // What only looks ahead (HEAD) must not use the link up.
  app.get('/login/:token', { ...open, exposeHeadRoute: false }, async (request, reply) => {
    const link = pathOf(request, 'token').token
    const token = await logInWithLink(pool, link, userAgentOf(request))
    if (token === null) return reply.redirect('/login?problem=link_used', 303)
    setSessionCookie(request, reply, token)
    return reply.redirect('/', 303)
  })

  app.get('/ui/session', async (request) => {
    const { user, csrfToken, expiresAt } = loginOf(request)
    return { user, csrf_token: csrfToken, expires_at: expiresAt, version: versionOfTerrace() }
  })

  app.post('/ui/logout', { config: { forViewers: true } }, async (request, reply) => {
    const token = sessionTokenOf(request)
    if (token !== undefined) await endSession(pool, token)
    clearSessionCookie(request, reply)
    return reply.code(204).send()
  })
}

function userAgentOf(request: FastifyRequest): string {
  return request.headers['user-agent'] ?? ''
}
