// What went wrong with an engine: which one, why, and what the user can do. Never holds a password.

export class EngineError extends Error {
  override name = 'EngineError'
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message)
    return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
