import type { PlacedMessage } from './raw-page.ts'

/** What people said of a message when they replayed it; null: nothing. */
export interface SaidOfMessage {
  /** Bytes that are judged in place of its own. */
  value: Buffer | null
  /** Whose message it is, whatever it says itself. */
  source: string | null
}

/** The message as it is judged by a replay, and by every rebuild after it. */
export function replayed(message: PlacedMessage, { value, source }: SaidOfMessage): PlacedMessage {
  return {
    ...message,
    ...(value !== null && { value, bytes: value.length }),
    ...(source !== null && { headers: { ...message.headers, source } }),
  }
}
