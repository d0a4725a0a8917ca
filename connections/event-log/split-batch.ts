import type { LogBatch } from './types.ts'

/** The batch in parts of at most `maxMessages`, each starting where the one before it ends. */
export function* splitBatch(batch: LogBatch, maxMessages: number): Generator<LogBatch> {
  const { messages } = batch
  if (messages.length <= maxMessages) {
    yield batch
    return
  }
  let fromOffset = batch.fromOffset
  for (let start = 0; start < messages.length; start += maxMessages) {
    const part = messages.slice(start, start + maxMessages)
    const isLast = start + maxMessages >= messages.length
    const nextOffset = isLast ? batch.nextOffset : part.at(-1)!.offset + 1n
    yield { ...batch, fromOffset, nextOffset, messages: part }
    fromOffset = nextOffset
  }
}
