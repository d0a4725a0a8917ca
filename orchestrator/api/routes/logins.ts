// Logging in and out: with a password, with a link that works once, and for programs.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Pool } from '../../../connections/postgres.ts'
import { createShortToken } from '../../accounts/api-tokens.ts'
import { redeemLoginLink } from '../../accounts/login-links.ts'
import { endSession, startSession } from '../../accounts/sessions.ts'
import { csrfTokenOf } from '../../accounts/tokens.ts'
import type { User } from '../../accounts/users.ts'
import { versionOfTerrace } from '../../version.ts'
import type { CheckCredentials } from '../auth/check-credentials.ts'
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
    const user = await checkCredentials(request, reply)
    const token = await logIn(pool, request, reply, user, 'password')
    return { user, csrf_token: csrfTokenOf(token) }
  })

  app.post('/auth/token', open, async (request, reply) => {
    const user = await checkCredentials(request, reply)
    return reply.code(201).send({ access_token: await createShortToken(pool, user) })
  })

  // What only looks ahead (HEAD) must not use the link up.
  app.get('/login/:token', { ...open, exposeHeadRoute: false }, async (request, reply) => {
    const { token } = pathOf(request, 'token')
    const user = await redeemLoginLink(pool, token)
    if (!user) return reply.redirect('/login?problem=link_used', 303)
    await logIn(pool, request, reply, user, 'link')
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

async function logIn(
  pool: Pool,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  by: 'password' | 'link',
): Promise<string> {
  const token = await startSession(pool, user, {
    userAgent: request.headers['user-agent'] ?? '',
    by,
  })
  setSessionCookie(request, reply, token)
  return token
}
