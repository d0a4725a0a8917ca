// Who may pass. Every route of the scope it is put on needs a login, but for those marked `open`: a
// route that forgets to say anything is closed.
//
// A browser carries the cookie of a session, which comes along with whatever request is made, so a
// write must show the CSRF token too. A program carries an API token, which nothing sends by itself.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Pool } from '../../../connections/postgres.ts'
import { findApiToken } from '../../accounts/api-tokens.ts'
import { findSession } from '../../accounts/sessions.ts'
import { csrfTokenOf, isSameToken } from '../../accounts/tokens.ts'
import type { User } from '../../accounts/users.ts'
import { ApiError } from '../api-error.ts'
import { sessionTokenOf } from './session-cookie.ts'

export interface Login {
  user: User
  expiresAt: Date
  /** Null for a program's API token. */
  csrfToken: string | null
}

declare module 'fastify' {
  interface FastifyRequest {
    login: Login | null
  }
  interface FastifyContextConfig {
    /** Needs no login. */
    open?: true
    /** A write that a viewer may make. */
    forViewers?: true
  }
}

const READS = new Set(['GET', 'HEAD'])

/** Call it before the routes of the scope are registered. */
export function requireLogin(scope: FastifyInstance, pool: Pool): void {
  scope.decorateRequest('login', null)
  // Before the body is read: nobody's body is worth parsing.
  scope.addHook('preParsing', async (request, reply) => {
    const { open, forViewers } = request.routeOptions.config
    if (open) return
    const login = await findLogin(pool, request)
    if (!login) {
      reply.header('www-authenticate', 'Bearer')
      throw new ApiError('not_logged_in', whyNot(request))
    }
    request.login = login
    if (READS.has(request.method)) return
    checkCsrfToken(request, login)
    if (login.user.role === 'viewer' && !forViewers) {
      throw new ApiError(
        'read_only_role',
        `The user "${login.user.name}" may look and change nothing (role viewer). An account with the role admin may: npx terrace users create --help`,
      )
    }
  })
}

/** An unknown, revoked and expired token look alike: who guesses learns nothing. */
function whyNot({ headers }: FastifyRequest): string {
  if (headers.authorization === undefined)
    return 'Log in first: you are not, or no longer, logged in. A program sends an API token: npx terrace users tokens --help'
  if (/^Bearer\b/i.test(headers.authorization))
    return 'The API token in the header authorization is unknown, revoked or expired. Make one: npx terrace users tokens create --help'
  return 'The header authorization is not "Bearer TOKEN", which is all that is known here. POST /auth/token gives one for a user and password.'
}

/** Of a route that is not open. */
export function loginOf(request: FastifyRequest): Login {
  if (request.login) return request.login
  throw new Error(`The route ${request.routeOptions.url} asks who is logged in, but it is open.`)
}

/** Who did it, for the audit log and the run's `triggered_by`. */
export function originOf(request: FastifyRequest): { actor: string; by: 'ui' | 'rest_api' } {
  const { user, csrfToken } = loginOf(request)
  return { actor: user.name, by: csrfToken === null ? 'rest_api' : 'ui' }
}

/** Looks again, for an answer that goes on for long. */
export async function isLoggedIn(pool: Pool, request: FastifyRequest): Promise<boolean> {
  return (await findLogin(pool, request)) !== null
}

async function findLogin(pool: Pool, request: FastifyRequest): Promise<Login | null> {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    const found = token === undefined ? null : await findApiToken(pool, token)
    return found && { ...found, csrfToken: null }
  }
  const token = sessionTokenOf(request)
  const session = token === undefined ? null : await findSession(pool, token)
  return session && { ...session, csrfToken: csrfTokenOf(token!) }
}

function checkCsrfToken(request: FastifyRequest, { csrfToken }: Login): void {
  if (csrfToken === null) return
  const sent = request.headers['x-csrf-token']
  if (typeof sent === 'string' && isSameToken(sent, csrfToken)) return
  throw new ApiError(
    'bad_csrf_token',
    'The header x-csrf-token is missing or of another session. Nothing was changed; reload the page.',
  )
}
