// The check of a task's output when it finishes: first the task's schema, if it has one, then that
// what is left is JSON. Without a schema only the latter is checked, because types are gone.

import { NotJsonError, plainJson } from '../graph/plain-json.ts'
import type { Json } from '../graph/serialized-dag.ts'
import type { RegisteredHandler } from './define-dag.ts'

export class TaskOutputError extends Error {
  override readonly name = 'TaskOutputError'
  readonly code = 'bad_output'
}

/** Returns what is kept: the schema's result, or the output itself; nothing becomes null. */
export async function checkOutput(
  taskId: string,
  { output: schema }: Pick<RegisteredHandler, 'output'>,
  output: unknown,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Promise<Json> {
  let kept = output
  if (schema) {
    const result = await schema['~standard'].validate(output)
    if (result.issues) {
      const issues = result.issues.slice(0, 5).map(({ message, path }) => {
        const keys = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
        return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
      })
      throw new TaskOutputError(
        `Task "${taskId}": its output does not fit its schema (${issues.join('; ')}). Return what the schema says, or change the schema.`,
      )
    }
    kept = result.value
  }
  try {
    return plainJson(kept ?? null, { path: 'output', maxBytes })
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error
    throw new TaskOutputError(
      `Task "${taskId}": ${error.message}. Return strings, finite numbers, booleans, null, arrays and plain objects.`,
      { cause: error },
    )
  }
}
