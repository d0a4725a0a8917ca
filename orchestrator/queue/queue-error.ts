import { counted } from '../counted.ts'

export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError'
  readonly code = 'queue_unavailable'
}

/** What a failed publish says; the entries stay in the outbox, so the message says so. */
export function publishFailed(where: string, count: number, cause: unknown): QueueUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new QueueUnavailableError(
    `The queue on ${where} did not take ${counted(count, 'entry', 'entries')}: ${reason}. ` +
      'They stay in the outbox and are published again when it answers.',
    { cause },
  )
}
