// Starts engine-owner.ts and waits for what it reports.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { z } from 'zod'
import type { EngineAccount } from '../../connections/engines/engine-account.ts'
import { type ProcessIdentity, startOf } from '../../connections/engines/live-process.ts'

const report = z.object({
  url: z.string(),
  folder: z.string(),
  pid: z.number(),
  adopted: z.boolean(),
})

export interface Owner extends z.infer<typeof report> {
  process: ChildProcess
  server: ProcessIdentity
  stop(): Promise<void>
}

/** With nothing of this process's environment unless given. */
export async function startOwner(
  home: string,
  options: { packageFolder?: string; account?: EngineAccount | null } = {},
): Promise<Owner> {
  const child = fork(
    fileURLToPath(new URL('engine-owner.ts', import.meta.url)),
    [home, ...(options.packageFolder ? [options.packageFolder] : [])],
    { execArgv: ['--import', import.meta.resolve('tsx')], env: {}, ...options.account },
  )
  const [message] = await once(child, 'message')
  if (typeof message === 'object' && message !== null && 'error' in message) {
    throw new Error(String(message.error))
  }
  const said = report.parse(message)
  return {
    ...said,
    process: child,
    server: { pid: said.pid, start: startOf(said.pid) ?? 'gone' },
    async stop() {
      const exit = once(child, 'exit')
      child.send('stop')
      await exit
    },
  }
}

export async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
