// The pieces that the bodies of writes are made of. What Airflow's clients may send as null may be
// null here; a field that is not known is refused, as in a query.

import { z } from 'zod'
import { NotJsonError, plainJson } from '../graph/plain-json.ts'
import type { Json } from '../graph/serialized-dag.ts'
import { runIdProblem } from '../timetable/run-ids.ts'

const MAX_NOTE = 1_000
const MAX_CONF_BYTES = 48 * 1024

/** Text that people write: lines and tabs are part of it. */
export const note = z
  .string()
  .max(MAX_NOTE)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/, 'must not hold control characters')

export const runId = z.string().superRefine((value, context) => {
  const wrong = runIdProblem(value)
  if (wrong) context.addIssue({ code: 'custom', message: `${wrong.problem}. ${wrong.fix}` })
})

/** A JSON object that `jsonb` takes as it is. */
export const conf = z.record(z.string(), z.unknown()).transform((value, context) => {
  try {
    const copy = plainJson(value, { path: 'conf', maxBytes: MAX_CONF_BYTES })
    return copy as { [key: string]: Json }
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})

/** A field of Airflow's that Terrace has no use for: its clients may send what means nothing. */
export const onlyNull = (why: string) => z.null({ error: `is not supported: ${why}` }).optional()
export const onlyFalse = (why: string) =>
  z.literal(false, { error: `is not supported: ${why}` }).optional()
