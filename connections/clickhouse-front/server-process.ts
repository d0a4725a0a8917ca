// The child process that owns a chDB folder: one process may open it, all others go through HTTP.
// Configuration comes in the environment, as arguments (and with them a password) are visible to
// every user of the machine. It ends on SIGTERM and SIGINT after the queries in flight (at most
// four seconds), and when its parent is gone.

import { readFileSync, rmSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { HttpFront } from './http-front.ts'
import { InsertDataFolder } from './insert-data.ts'
import { loadAddon, NativeEngine } from './native-engine.ts'

const drainMilliseconds = 4_000
const READER_SLOTS = 4

const count = z.coerce.number().int().positive()

const configuration = z
  .object({
    CLICKHOUSE_FRONT_FOLDER: z.string().min(1),
    CLICKHOUSE_FRONT_HOST: z.enum(['127.0.0.1', '::1', 'localhost']).default('127.0.0.1'),
    CLICKHOUSE_FRONT_PORT: z.coerce.number().int().min(0).max(65535).default(0),
    CLICKHOUSE_FRONT_USER: z.string().min(1),
    CLICKHOUSE_FRONT_PASSWORD: z.string().min(1).optional(),
    /** A file of mode 0600 that holds the password. */
    CLICKHOUSE_FRONT_PASSWORD_FILE: z.string().min(1).optional(),
    CLICKHOUSE_FRONT_MAX_EXECUTION_SECONDS: count.default(600),
    CLICKHOUSE_FRONT_MAX_MEMORY_BYTES: count.default(Math.floor(totalmem() / 2)),
    /** Whom the process becomes before it opens the folder, which must be theirs. */
    CLICKHOUSE_FRONT_UID: count.optional(),
    CLICKHOUSE_FRONT_GID: count.optional(),
    UV_THREADPOOL_SIZE: z.coerce.number().int().min(4).default(4),
  })
  .refine((c) => c.CLICKHOUSE_FRONT_PASSWORD || c.CLICKHOUSE_FRONT_PASSWORD_FILE, {
    path: ['CLICKHOUSE_FRONT_PASSWORD'],
    error: 'is not set: the front does not start without a password',
  })

const parsed = configuration.safeParse(process.env)
if (!parsed.success) {
  for (const issue of parsed.error.issues) {
    process.stderr.write(`clickhouse-front: ${issue.path.join('.')} ${issue.message}\n`)
  }
  process.exit(2)
}
const options = parsed.data
const password = options.CLICKHOUSE_FRONT_PASSWORD ?? readPassword()
// Nothing that this process could start or print needs it any more.
delete process.env.CLICKHOUSE_FRONT_PASSWORD

// All code is loaded by now: the account may not be able to read it.
const addon = loadAddon()
becomeAccount(options.CLICKHOUSE_FRONT_UID, options.CLICKHOUSE_FRONT_GID)

// In chDB's own database `default` every file of the machine is a table. An empty one that takes no
// tables stands in its place; chDB makes its own anew at each start, and trips over what is left of ours.
for (const left of ['default.sql', 'default.sql.tmp']) {
  rmSync(join(options.CLICKHOUSE_FRONT_FOLDER, 'metadata', left), { force: true })
}
const engine = new NativeEngine(options.CLICKHOUSE_FRONT_FOLDER, addon)
const session = engine.openSession()
session.runNow('detach database default')
session.runNow('create database default engine = Dictionary')
session.runNow('create database if not exists marts engine = Atomic')
const namesIn = (tables: string) =>
  new Set(
    session
      .runNow(
        tables
          .split(' ')
          .map((t) => `select lower(name) from system.${t}`)
          .join(' union all '),
      )
      .trim()
      .split('\n'),
  )
const names = {
  tableFunctions: namesIn('table_functions'),
  engines: namesIn('table_engines database_engines'),
}
const [version = '', timezone = 'UTC'] = session
  .runNow('select version(), timezone()')
  .trim()
  .split('\t')
session.close()

const inserts = makeInsertsFolder()

const front = new HttpFront({
  engine,
  inserts,
  names,
  identity: { version, timezone, displayName: 'terrace' },
  credentials: { user: options.CLICKHOUSE_FRONT_USER, password },
  limits: {
    maxExecutionSeconds: options.CLICKHOUSE_FRONT_MAX_EXECUTION_SECONDS,
    maxMemoryBytes: options.CLICKHOUSE_FRONT_MAX_MEMORY_BYTES,
    maxBufferedBytes: 1024 ** 3,
  },
  slots: Math.max(2, options.UV_THREADPOOL_SIZE - 8 - READER_SLOTS),
  readerSlots: READER_SLOTS,
})

let stopping = false
async function stop(exitCode: number): Promise<void> {
  if (stopping) return
  stopping = true
  // The engine cannot be asked to hurry: a query that outlives the drain ends with the process.
  setTimeout(() => process.exit(exitCode), drainMilliseconds + 500).unref()
  await front.drain(AbortSignal.timeout(drainMilliseconds))
  engine.close()
  process.exit(exitCode)
}

process.on('SIGTERM', () => void stop(0))
process.on('SIGINT', () => void stop(0))
process.on('disconnect', () => void stop(0))
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) void stop(0)
}, 500).unref()

front.server.on('error', (error: NodeJS.ErrnoException) => {
  const { CLICKHOUSE_FRONT_HOST: host, CLICKHOUSE_FRONT_PORT: port } = options
  const problem =
    error.code === 'EADDRINUSE' ? `port ${port} is taken by another process` : error.message
  reportFailure(`cannot listen on ${host}:${port}: ${problem}`, error.code)
  void stop(1)
})
front.server.listen(options.CLICKHOUSE_FRONT_PORT, options.CLICKHOUSE_FRONT_HOST, () => {
  const { port } = front.server.address() as AddressInfo
  process.send?.({ type: 'ready', port, version })
})

function reportFailure(message: string, code?: string): void {
  process.send?.({ type: 'failed', code: code ?? null, message })
  process.stderr.write(`clickhouse-front: ${message}\n`)
}

function makeInsertsFolder(): InsertDataFolder {
  try {
    return new InsertDataFolder(join(options.CLICKHOUSE_FRONT_FOLDER, 'inserts'))
  } catch (error) {
    reportFailure(`cannot keep the data of INSERTs: ${(error as Error).message}`)
    process.exit(1)
  }
}

function becomeAccount(uid: number | undefined, gid: number | undefined): void {
  if (uid === undefined || gid === undefined) return
  process.setgroups?.([gid])
  process.setgid?.(gid)
  process.setuid?.(uid)
}

function readPassword(): string {
  const file = options.CLICKHOUSE_FRONT_PASSWORD_FILE!
  if ((statSync(file).mode & 0o077) !== 0) {
    process.stderr.write(
      `clickhouse-front: CLICKHOUSE_FRONT_PASSWORD_FILE ${file} can be read by others: chmod 600 ${file}\n`,
    )
    process.exit(2)
  }
  return readFileSync(file, 'utf8').trim()
}
