// What seeds/sources.json says of the sources that may send.

import { z } from 'zod'
import seed from '../../seeds/sources.json' with { type: 'json' }

const rules = z.array(
  z.strictObject({
    source: z.string().min(1),
    system: z.string(),
    time_zone: z.string().refine(isTimeZone, { error: 'is no time zone' }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .nullable(),
    /** A message with an earlier time is not believed: a clock that was never set, a unit that is wrong. */
    oldest: z.iso
      .datetime()
      .refine((text) => text >= '1970', { error: 'is before 1970, when times begin' })
      .transform((text) => new Date(text)),
    event_id: z.string(),
  }),
)

export type SourceRules = z.infer<typeof rules>[number]

const bySource = new Map(rules.parse(seed).map((row) => [row.source, row]))

/** undefined: the source is not declared. */
export function findRules(source: string): SourceRules | undefined {
  return bySource.get(source)
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
