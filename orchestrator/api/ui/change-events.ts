// The stream of changes. A reader that is slow gets what it missed in one event.

import type { FastifyInstance } from 'fastify'
import { type Change, type ChangeFeed, merge } from './change-feed.ts'
import type { EventStream, EventStreams } from './event-stream.ts'

export function changeEventRoutes(
  app: FastifyInstance,
  { feed, streams }: { feed: ChangeFeed; streams: EventStreams },
): void {
  app.get('/events', { exposeHeadRoute: false }, (request, reply) => {
    tellChanges(feed, streams.open(request, reply))
    return reply
  })
}

function tellChanges(feed: ChangeFeed, stream: EventStream): void {
  let untold: Change | null = null
  let isSending = false
  async function tell(): Promise<void> {
    if (isSending) return
    isSending = true
    while (untold) {
      const change = untold
      untold = null
      await stream.send({ event: 'change', data: change })
    }
    isSending = false
  }
  const stop = feed.listen((change) => {
    untold = untold ? merge(untold, change) : change
    void tell()
  })
  stream.signal.addEventListener('abort', stop, { once: true })
}
