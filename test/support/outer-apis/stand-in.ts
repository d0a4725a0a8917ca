// A local server in an outer API's place: answers as the test says, well or badly, and remembers what
// it was asked.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AskedRequest {
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
}

export type Behaviour =
  | { status?: number; headers?: Record<string, string>; body: string | Buffer | object }
  /** Accepts and says nothing. */
  | { does: 'hang' }
  /** A byte at a time, for ever: no pause is long enough for a limit on silence. */
  | { does: 'drip' }
  /** Megabytes without a length in front. */
  | { does: 'flood'; bytes: number }
  /** Ends in the middle of what it announced. */
  | { does: 'cut'; body: string }
  | { does: 'reset' }

export interface StandIn {
  url: string
  asked: AskedRequest[]
  /** Bytes that left this side: what a client that stops reading was spared. */
  bytesSent(): number
  /** What it does from now on. */
  behave(next: (request: AskedRequest) => Behaviour): void
  close(): Promise<void>
}

export async function startStandIn(first: (request: AskedRequest) => Behaviour): Promise<StandIn> {
  let behaviour = first
  let sent = 0
  const asked: AskedRequest[] = []
  const server = createServer((message, response) => {
    const { pathname, searchParams } = new URL(message.url!, 'http://stand-in')
    const request = { path: pathname, query: searchParams, headers: message.headers }
    asked.push(request)
    act(behaviour(request), response, (bytes) => {
      sent += bytes
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    bytesSent: () => sent,
    behave(next) {
      behaviour = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function act(behaviour: Behaviour, response: ServerResponse, count: (bytes: number) => void): void {
  if ('body' in behaviour && !('does' in behaviour)) {
    const { status = 200, headers = {}, body } = behaviour
    const isText = typeof body === 'string' || Buffer.isBuffer(body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(status === 304 ? undefined : isText ? body : JSON.stringify(body))
    return
  }
  switch (behaviour.does) {
    case 'hang':
      return
    case 'reset':
      response.destroy()
      return
    case 'cut':
      response.writeHead(200, { 'content-length': String(behaviour.body.length + 100) })
      response.write(behaviour.body, () => response.destroy())
      return
    case 'drip': {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
      return
    }
    case 'flood':
      response.writeHead(200, { 'content-type': 'application/json' })
      flood(response, behaviour.bytes, count)
  }
}

const CHUNK = Buffer.alloc(64 * 1024, ' ')

/** As fast as the other side reads, and not on when it has gone. */
function flood(response: ServerResponse, left: number, count: (bytes: number) => void): void {
  if (left <= 0) {
    response.end()
    return
  }
  response.write(CHUNK, (error) => {
    if (error || response.destroyed) return
    count(CHUNK.length)
    flood(response, left - CHUNK.length, count)
  })
}
