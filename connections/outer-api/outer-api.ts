// One GET to an outer API, through axios. Whatever the other side does, the call ends within its time
// and size: the limit covers the whole exchange, so a server that sends a byte a second gains nothing,
// and a body is cut off as soon as it is too long, packed or not.
//
// The key goes to the configured host alone: redirects are not followed, and what is thrown never
// holds axios' own error, whose config carries the URL.

import axios, { type AxiosResponse, isAxiosError } from 'axios'
import { bytesWithoutKey, firstBytes, OuterApiError, withoutKey } from './problems.ts'
import { lookUpPublic, PRIVATE_ADDRESS } from './public-address.ts'
import { retryAfterSeconds } from './retry-after.ts'

export interface OuterApi {
  /** In messages, in the counts of calls, and on what is kept. */
  name: string
  /** Without a slash at the end; a path of a gateway is kept. */
  url: string
  /** The query parameter that the key travels in. */
  key: { parameter: string; value: string }
  timeoutMs: number
  /** Its host is out in the world, and private addresses under its name are refused. */
  isPublic: boolean
}

export interface OuterRequest {
  path: string
  parameters?: Record<string, string | number>
  /** A server that has nothing newer answers 304 without a body. */
  etag?: string
}

export interface OuterReply {
  status: number
  /** Without the key, should the server have repeated it. */
  body: Buffer
  etag: string | null
  retryAfterSeconds: number | null
}

/** The answers that are wanted have a few kilobytes. */
export const MAX_BODY_BYTES = 256 * 1024

/** Any status is a reply but a redirect. @throws OuterApiError; the signal's reason when it aborts */
export async function callOuterApi(
  api: OuterApi,
  request: OuterRequest,
  signal: AbortSignal,
): Promise<OuterReply> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const end = () => limit.abort()
  const timer = setTimeout(end, api.timeoutMs)
  signal.addEventListener('abort', end, { once: true })
  try {
    const response = await send(api, request, limit.signal)
    return readReply(api, response)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof OuterApiError) throw error
    throw new OuterApiError(withoutKey(`${api.name} ${describe(error, api)}`, api.key.value))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

function send(api: OuterApi, { path, parameters, etag }: OuterRequest, signal: AbortSignal) {
  return axios.request<Buffer>({
    adapter: 'http',
    url: `${api.url}${path}`,
    params: { ...parameters, [api.key.parameter]: api.key.value },
    headers: {
      accept: 'application/json',
      'user-agent': 'terrace',
      ...(etag && { 'if-none-match': etag }),
    },
    responseType: 'arraybuffer',
    maxContentLength: MAX_BODY_BYTES,
    maxRedirects: 0,
    validateStatus: () => true,
    signal,
    ...(api.isPublic && { lookup: lookUpPublic }),
    // HTTPS_PROXY and NO_PROXY hold as everywhere: a tunnel, in which the key stays sealed. A proxy of
    // plain HTTP would read it, and be asked for servers on this machine.
    ...(api.url.startsWith('http:') && { proxy: false as const }),
  })
}

function readReply(api: OuterApi, { status, headers, data }: AxiosResponse<Buffer>): OuterReply {
  const body = bytesWithoutKey(Buffer.from(data), api.key.value)
  if (status >= 300 && status < 400 && status !== 304) {
    throw new OuterApiError(
      `${api.name} answered ${status} and sends us elsewhere, which is not followed. Check its URL ` +
        'in the settings.',
    )
  }
  const { etag } = headers
  return {
    status,
    body,
    etag: typeof etag === 'string' && etag.length <= 256 ? etag : null,
    retryAfterSeconds: retryAfterSeconds(headers['retry-after'], new Date()),
  }
}

function describe(error: unknown, { timeoutMs }: OuterApi): string {
  if (!isAxiosError(error)) {
    if (axios.isCancel(error)) return `gave no whole answer within ${timeoutMs / 1000} s`
    return `could not be asked: ${error instanceof Error ? error.message : 'unknown error'}`
  }
  if (error.code === 'ERR_CANCELED') return `gave no whole answer within ${timeoutMs / 1000} s`
  if (error.code === PRIVATE_ADDRESS) {
    return 'was not asked: its name leads to a private address. Is a name server at fault?'
  }
  if (/maxContentLength/.test(error.message)) {
    return `answered with more than ${MAX_BODY_BYTES / 1024} KB, of which the rest was refused`
  }
  return `could not be asked: ${error.code ?? 'no code'}`
}

/** The body as JSON. @throws OuterApiError with its first bytes, so that one sees the HTML */
export function parseJson(
  api: string,
  { status, body }: { status: number; body: Buffer },
): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new OuterApiError(`${api} answered ${status} with no JSON: ${firstBytes(body)}`)
  }
}
