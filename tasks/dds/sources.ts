// What seeds/sources.json says of the sources that may send.

import { z } from 'zod'
import seed from '../../seeds/sources.json' with { type: 'json' }

const sources = z
  .array(
    z.strictObject({
      source: z.string().min(1),
      system: z.string(),
      time_zone: z.string().refine(isTimeZone, { error: 'is no time zone' }),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/)
        .nullable(),
      oldest: z.iso
        .datetime()
        .refine((text) => text >= '1970', { error: 'is before 1970, when times begin' }),
      event_id: z.string(),
    }),
  )
  .parse(seed)

/** A message with an earlier time is not believed: a clock that was never set, a unit that is wrong. */
export function oldestOf(source: string): Date {
  const found = sources.find((one) => one.source === source)
  if (found === undefined) throw new TypeError(`seeds/sources.json has no source "${source}".`)
  return new Date(found.oldest)
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
