// A request by curl, as an operator would make it.

import { spawn } from 'node:child_process'
import type { OpenImplementation } from './implementations.ts'

export interface CurlAnswer {
  exitCode: number | null
  status: number
  headers: Map<string, string>
  body: Buffer
  text: string
}

export async function curl(
  to: OpenImplementation,
  path: string,
  options: {
    body?: string | Buffer
    /** For arguments that read it, such as a form. */
    input?: string
    headers?: string[]
    arguments?: string[]
    user?: string
  } = {},
): Promise<CurlAnswer> {
  const sends = options.body === undefined ? [] : ['--data-binary', '@-']
  const child = spawn('curl', [
    ...['--silent', '--include', '--max-time', '60', '--http1.1', '--header', 'Expect:'],
    ...['--user', options.user ?? `${to.user}:${to.password}`],
    ...(options.headers ?? []).flatMap((header) => ['--header', header]),
    ...sends,
    ...(options.arguments ?? []),
    `${to.origin}${path}`,
  ])
  const parts: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => parts.push(part))
  child.stdin.on('error', () => {})
  child.stdin.end(options.body ?? options.input ?? '')
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const answer = Buffer.concat(parts)
  const split = answer.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = answer.subarray(0, split).toString('latin1').split('\r\n')
  const body = answer.subarray(split + 4)
  return {
    exitCode,
    status: Number(statusLine.split(' ')[1]),
    headers: new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    ),
    body,
    text: body.toString('utf8'),
  }
}
