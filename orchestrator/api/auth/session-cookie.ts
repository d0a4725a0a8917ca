// The cookie of a session: out of reach of scripts, and not sent along from other sites.

import type { FastifyReply, FastifyRequest } from 'fastify'

const NAME = 'terrace_session'
/** A browser keeps no cookie for longer than a session may last; the server decides before. */
const MAX_AGE_SECONDS = 30 * 24 * 3_600

const options = (request: FastifyRequest) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'strict' as const,
  // Terrace speaks plain HTTP; a proxy in front that speaks TLS says so.
  secure: request.headers['x-forwarded-proto'] === 'https',
})

export function sessionTokenOf(request: FastifyRequest): string | undefined {
  return request.cookies[NAME]
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string) {
  reply.setCookie(NAME, token, { ...options(request), maxAge: MAX_AGE_SECONDS })
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply) {
  reply.clearCookie(NAME, options(request))
}
