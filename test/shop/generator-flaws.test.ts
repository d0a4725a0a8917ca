import { describe, expect, it } from 'vitest'
import { DEFAULT_SHOP, generateInterval, type Shop } from '../../generators/index.ts'
import { validateMessage } from '../../tasks/messages/validate-message.ts'

const NOISY: Shop = {
  ...DEFAULT_SHOP,
  eventsPerMinute: 60,
  brokenShare: 0.5,
  conflictShare: 0,
  reopenedShare: 0,
}
const start = new Date('2026-01-01T00:00:00Z')
const end = new Date('2026-01-01T03:00:00Z')
const messages = [...generateInterval(NOISY, start, end)].flat()

describe('A message of the generator', () => {
  it('is accepted when it is sound and refused for its flaw when it is broken', () => {
    const reasons = new Set<string>()
    for (const { value, flaw, headers } of messages) {
      const verdict = validateMessage({
        topic: 'user_events',
        key: null,
        headers,
        onlySource: null,
        value,
        bytes: value?.length ?? 0,
        receivedAt: end,
      })
      const found = 'message' in verdict ? null : verdict.reason
      expect(found, `${headers.event_id}: ${value?.subarray(0, 400)}`).toBe(flaw)
      if (flaw !== null) reasons.add(flaw)
    }
    // All that generators/broken-messages.ts knows.
    expect(reasons.size).toBe(29)
  })
})
