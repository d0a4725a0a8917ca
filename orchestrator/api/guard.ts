// What every request passes and every answer carries. The Host check is what keeps a page of another
// site from reading this server through a name that it points at 127.0.0.1 (DNS rebinding).

import type { FastifyInstance } from 'fastify'
import { ApiError } from './api-error.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

/**
 * @param configuredHost what the server listens on; its name is allowed beside the loopback ones
 * @param pageUrl where people reach the page, such as through a proxy; its name is allowed too
 */
export function guardRequests(
  app: FastifyInstance,
  configuredHost: string,
  pageUrl?: string,
): void {
  const pageHost = pageUrl === undefined ? '' : new URL(pageUrl).hostname
  const allowed = new Set([...LOOPBACK, hostnameOf(configuredHost) ?? '', pageHost])
  const anyAddress = ['0.0.0.0', '[::]'].includes(hostnameOf(configuredHost) ?? '')
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    const host = hostnameOf(request.headers.host ?? '')
    // A bare address cannot be rebound, so it is safe where all addresses are listened on.
    if (host && (allowed.has(host) || (anyAddress && isAddress(host)))) return
    throw new ApiError(
      'bad_host',
      `The Host header ${JSON.stringify(request.headers.host ?? '')} is not allowed. Use ${[...allowed].filter(Boolean).join(', ')}, or set TERRACE_PAGE_URL to the address by which people reach the page.`,
    )
  })
}

/** The name in `name:port`, lower case, addresses in their canonical form; null when it is none. */
function hostnameOf(host: string): string | null {
  if (host === '' || /[/@\\?#\s]/.test(host)) return null
  const bare = host.includes(':') && !host.startsWith('[') && host.split(':').length > 2
  return URL.parse(`http://${bare ? `[${host}]` : host}`)?.hostname.replace(/\.$/, '') ?? null
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(hostname)
}
