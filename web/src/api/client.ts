// The one place that talks to the server.
//
// Reads and writes carry the session's cookie; a write carries the CSRF token as well. An answer of 401
// means that the session has ended: whoever listens (main.tsx) leads to the login.

export class ApiProblem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

let csrfToken = ''
let loggedOut: () => void = () => {}

export function keepCsrfToken(token: string): void {
  csrfToken = token
}

export function onLoggedOut(listener: () => void): void {
  loggedOut = listener
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', path, undefined, signal)
}

export function send<T>(method: 'POST' | 'PATCH', path: string, body: unknown = {}): Promise<T> {
  return request<T>(method, path, body)
}

/** A path with each value encoded: path`/ui/dags/${dagId}/grid`. */
export function path(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((whole, part, i) => whole + encodeURIComponent(values[i - 1]!) + part)
}

/** `?a=1&b=2`, without what is undefined or empty. */
export function query(values: Record<string, string | number | boolean | undefined>): string {
  const set = new URLSearchParams()
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== '') set.append(name, String(value))
  return set.size === 0 ? '' : `?${set}`
}

async function request<T>(
  method: string,
  to: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const write = method !== 'GET'
  const answer = await fetch(to, {
    method,
    headers: {
      accept: 'application/json',
      ...(write && { 'content-type': 'application/json', 'x-csrf-token': csrfToken }),
    },
    ...(write && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause
    throw new ApiProblem(0, 'unreachable', 'Terrace does not answer. Is `terrace web` running?')
  })
  if (!answer.ok) throw await problemOf(answer)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

async function problemOf(answer: Response): Promise<ApiProblem> {
  const body: unknown = await answer.json().catch(() => null)
  const { detail, code } = (body ?? {}) as { detail?: unknown; code?: unknown }
  const problem = new ApiProblem(
    answer.status,
    typeof code === 'string' ? code : `http_${answer.status}`,
    textOf(detail) || `The server answered ${answer.status} ${answer.statusText}`.trim(),
  )
  if (problem.code === 'not_logged_in') loggedOut()
  return problem
}

/** Airflow's 422 is a list of {loc, msg}, its 409 an object with a reason; all else is a text. */
function textOf(detail: unknown): string {
  if (typeof detail === 'string') return detail
  if (Array.isArray(detail))
    return detail
      .map(({ loc, msg }: { loc?: unknown[]; msg?: string }) => `${loc?.join('.')}: ${msg}`)
      .join('; ')
  const { message, reason } = (detail ?? {}) as { message?: string; reason?: string }
  return message ?? reason ?? ''
}
