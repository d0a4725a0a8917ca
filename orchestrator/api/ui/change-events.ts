// The stream of changes. Its first event names nothing: from then on, all that changes is told. A reader
// that is slow gets what it missed in one event.

import type { FastifyInstance } from 'fastify'
import { type Change, type ChangeFeed, merge } from './change-feed.ts'
import type { EventStream, EventStreams } from './event-stream.ts'

const NOTHING: Change = { what: [], dag_ids: [] }

export function changeEventRoutes(
  app: FastifyInstance,
  { feed, streams }: { feed: ChangeFeed; streams: EventStreams },
): void {
  app.get('/events', { exposeHeadRoute: false }, (_request, reply) => {
    tellChanges(feed, streams.open(reply))
    return reply
  })
}

function tellChanges(feed: ChangeFeed, stream: EventStream): void {
  let untold = NOTHING
  let isSending = false
  async function tell(): Promise<void> {
    if (isSending) return
    isSending = true
    while (untold.what.length > 0) {
      const change = untold
      untold = NOTHING
      await stream.send({ event: 'change', data: change })
    }
    isSending = false
  }
  void stream.send({ event: 'change', data: NOTHING })
  const stop = feed.listen((change) => {
    untold = merge(untold, change)
    void tell()
  })
  stream.signal.addEventListener('abort', stop, { once: true })
}
