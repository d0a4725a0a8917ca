// Logging in and out: with a password, with a link that works once, and for programs.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { createShortToken, logInWithLink, logInWithPassword } from '../../accounts/logins.ts'
import { endSession } from '../../accounts/sessions.ts'
import { csrfTokenOf } from '../../accounts/tokens.ts'
import { versionOfTerrace } from '../../version.ts'
import { ApiError } from '../api-error.ts'
import { badCredentials, type CheckCredentials } from '../auth/check-credentials.ts'
import { loginOf } from '../auth/login-hook.ts'
import { clearSessionCookie, sessionTokenOf, setSessionCookie } from '../auth/session-cookie.ts'
import { checked } from '../query-schema.ts'

const open = { config: { open: true } } as const

const linkBody = z.strictObject({ token: z.string().min(1).max(200) })

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

  // A link leads to a view with a button, which asks for this: a chat that shows a preview of a link and
  // a scanner of mail open it too, and neither may use it up.
  app.post('/ui/login/link', open, async (request, reply) => {
    const link = checked(linkBody, request.body, 'body')
    const token = await logInWithLink(pool, link.token, userAgentOf(request))
    if (token === null) {
      throw new ApiError(
        'link_used',
        'The link has been used, is too old or never was. Print a new one: terrace users login-link',
      )
    }
    setSessionCookie(request, reply, token)
    return { csrf_token: csrfTokenOf(token) }
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
