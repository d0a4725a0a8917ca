// Metabase's HTTP API. Every failure becomes a MetabaseError that says which call it was and what
// Metabase answered. The errors of axios stay behind: they carry request bodies, and so passwords.

import axios, { type AxiosInstance } from 'axios'
import { z } from 'zod'
import { MetabaseError } from './metabase-error.ts'

const TIMEOUT_MS = 60_000
const LONGEST_ANSWER = 16 * 1024 * 1024
const SHOWN_OF_ANSWER = 500

export interface Answer {
  status: number
  body: unknown
}

export interface MetabaseClient {
  url: string
  /** Whatever the status. @throws MetabaseError when there is no answer at all */
  ask(method: Method, path: string, body?: object): Promise<Answer>
  /** The body of a 2xx answer, checked. @throws MetabaseError */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>
  post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T>
  put<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T>
  /** What Metabase says is wrong, on one line and without secrets. */
  complaint(answer: Answer): string
  /** Calls from now on are made in this session. */
  enterSession(id: string): void
}

type Method = 'GET' | 'POST' | 'PUT'

/** @param secrets what no message may show: Metabase repeats what it was sent */
export function openMetabase(url: string, secrets: readonly string[]): MetabaseClient {
  const http = axios.create({
    baseURL: url,
    timeout: TIMEOUT_MS,
    maxRedirects: 0,
    maxContentLength: LONGEST_ANSWER,
    responseType: 'text',
    transformResponse: (text: unknown) => text,
    validateStatus: () => true,
  })
  // Metabase also quotes what it was sent as JSON within a text.
  const forms = secrets
    .filter(Boolean)
    .flatMap((secret) => [JSON.stringify(secret).slice(1, -1), secret])
  const mask = (text: string) =>
    forms.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  const complaint = (answer: Answer) => complaintOf(answer, mask)
  const ask = (method: Method, path: string, body?: object) =>
    answerOf(http, method, path, body).catch((error: unknown) => {
      throw new MetabaseError(
        `${method} ${url}${path}: ${mask(reasonOf(error))}. See that Metabase runs at METABASE_URL ` +
          'and can be reached from here.',
      )
    })
  const call = async <T>(method: Method, path: string, schema: z.ZodType<T>, body?: object) => {
    const answer = await ask(method, path, body)
    if (answer.status < 200 || answer.status > 299) {
      throw new MetabaseError(refusal(method, path, answer.status, complaint(answer)))
    }
    const parsed = schema.safeParse(answer.body)
    if (parsed.success) return parsed.data
    throw new MetabaseError(
      `${method} ${path}: the answer is not what Metabase sends ` +
        `(${z.prettifyError(parsed.error).replaceAll('\n', ' ')}). See that METABASE_URL is the ` +
        'address of a Metabase, version 54.1 or later.',
    )
  }
  return {
    url,
    ask,
    get: (path, schema) => call('GET', path, schema),
    post: (path, body, schema) => call('POST', path, schema, body),
    put: (path, body, schema) => call('PUT', path, schema, body),
    complaint,
    enterSession(id) {
      http.defaults.headers.common['X-Metabase-Session'] = id
    },
  }
}

/** Its JSON, or the beginning of another text; masked before it is cut. */
function complaintOf({ status, body }: Answer, mask: (text: string) => string): string {
  const masked = (_key: string, value: unknown) => (typeof value === 'string' ? mask(value) : value)
  const text = typeof body === 'string' ? mask(body) : JSON.stringify(body, masked)
  const line = (text ?? '').replace(/\s+/g, ' ').trim().slice(0, SHOWN_OF_ANSWER)
  return line ? `${status} ${line}` : `status ${status}`
}

async function answerOf(
  http: AxiosInstance,
  method: Method,
  url: string,
  data?: object,
): Promise<Answer> {
  const { status, data: text } = await http.request<string>({ method, url, data })
  return { status, body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function refusal(method: Method, path: string, status: number, complaint: string): string {
  const said = `Metabase refused ${method} ${path}: ${complaint}.`
  if (status === 401 || status === 403) {
    return `${said} Set METABASE_EMAIL and METABASE_PASSWORD to an administrator of this Metabase.`
  }
  return `${said} Correct what it names; its log says more.`
}

/** A refused connection that was tried over IPv4 and IPv6 has no message, only a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name)
}
