// `fetch` for a client library that calls a server out in the world. It goes through axios, because
// HTTPS_PROXY and NO_PROXY hold there as everywhere and Node's own fetch does not know them. It follows
// no redirect, which would carry a secret of the URL along, and reads no answer without end.

import axios, { type AxiosResponse } from 'axios'

/**
 * @param maxBytes of an answer's body; a longer one is an error
 * @throws what the signal was aborted with, or an Error whose `code` is the system's, such as
 *   ECONNREFUSED; it does not hold the URL
 */
export function boundedFetch({ maxBytes }: { maxBytes: number }): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    try {
      return toResponse(await send(url, init, maxBytes))
    } catch (error) {
      init?.signal?.throwIfAborted()
      const { message, code } = error as Error & { code?: string }
      // The error of axios holds its configuration, and so the URL.
      throw Object.assign(new Error(code ?? message.replaceAll(url, '…')), { code })
    }
  }
}

function send(url: string, init: RequestInit | undefined, maxBytes: number) {
  return axios.request<Buffer>({
    adapter: 'http',
    url,
    method: init?.method ?? 'GET',
    headers: Object.fromEntries(new Headers(init?.headers)),
    data: init?.body,
    responseType: 'arraybuffer',
    maxContentLength: maxBytes,
    maxRedirects: 0,
    validateStatus: () => true,
    ...(init?.signal && { signal: init.signal }),
    // A proxy of plain HTTP would read the URL, and be asked for servers on this machine.
    ...(url.startsWith('http:') && { proxy: false as const }),
  })
}

function toResponse({ status, headers, data }: AxiosResponse<Buffer>): Response {
  const hasBody = status !== 204 && status !== 304
  return new Response(hasBody ? new Uint8Array(data) : null, {
    status,
    headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  })
}
