// Bodies of outer APIs, read: nothing of them passes that its schema does not know.

import type { z } from 'zod'
import { parseJson } from '../../connections/outer-api/outer-api.ts'
import { OuterApiError } from '../../connections/outer-api/problems.ts'

/** @throws OuterApiError that names the field */
export function readAnswer<Answer>(api: string, schema: z.ZodType<Answer>, body: Buffer): Answer {
  const result = schema.safeParse(parseJson(api, { status: 200, body }))
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw new OuterApiError(
    `${api} answered JSON of another shape than its own: ${issue.path.join('.') || 'the whole'}: ` +
      issue.message,
  )
}

/** null: the body has no error of the shapes that the API is known for. */
export function readError<Said>(schema: z.ZodType<Said>, body: Buffer): Said | null {
  try {
    return readAnswer('', schema, body)
  } catch {
    return null
  }
}
