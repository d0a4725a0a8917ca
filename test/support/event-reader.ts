// A reader of server-sent events, as a browser is one.

export interface ReceivedEvent {
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
  data: any
  id: string | undefined
}

export interface EventReader {
  status: number
  headers: Headers
  /** The next event; undefined when the stream has ended. */
  next(): Promise<ReceivedEvent | undefined>
  /** The next event that is as wanted; those before it are dropped. @throws when the stream ends */
  until(isWanted: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent>
  /** Goes without a word. */
  leave(): void
}

export async function readEvents(
  url: string,
  headers: Record<string, string>,
): Promise<EventReader> {
  const leaving = new AbortController()
  const response = await fetch(url, { headers, signal: leaving.signal })
  const chunks = response.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let text = ''

  async function next(): Promise<ReceivedEvent | undefined> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end === -1) {
        const chunk = await chunks?.next()
        if (!chunk || chunk.done) return undefined
        text += chunk.value
        continue
      }
      const block = text.slice(0, end)
      text = text.slice(end + 2)
      const event = parsed(block)
      if (event) return event
    }
  }

  return {
    status: response.status,
    headers: response.headers,
    next,
    async until(isWanted) {
      for (;;) {
        const event = await next()
        if (!event) throw new Error(`${url} ended before the event that was waited for.`)
        if (isWanted(event)) return event
      }
    },
    leave: () => leaving.abort(),
  }
}

/** undefined for a comment. */
function parsed(block: string): ReceivedEvent | undefined {
  const lines = block.split('\n').map((line) => /^(\w+): (.*)$/.exec(line))
  const field = (name: string) => lines.find((line) => line?.[1] === name)?.[2]
  const data = field('data')
  if (data === undefined) return undefined
  return { event: field('event') ?? 'message', data: JSON.parse(data), id: field('id') }
}
