// The data folder of embedded Postgres: made once, checked at every start.
//
// initdb works in a folder of another name that is renamed when it is whole, so a start that was
// interrupted leaves nothing that looks like a database.

import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineAccount, handOver, makeFolder } from './engine-account.ts'
import { codeOf, EngineError, messageOf } from './engine-error.ts'
import { POSTGRES_ENV, type PostgresBinaries } from './postgres-binaries.ts'

export const POSTGRES_USER = 'terrace'

export interface PostgresData {
  /** PGDATA. */
  folder: string
  password: string
}

export async function preparePostgresData(
  root: string,
  binaries: PostgresBinaries,
  account: EngineAccount | null,
): Promise<PostgresData> {
  const folder = join(root, 'data')
  const passwordFile = join(root, 'password')
  try {
    makeFolder(root)
    if (!existsSync(join(folder, 'PG_VERSION'))) {
      await initialise(root, binaries, account)
    } else {
      checkVersion(folder, binaries)
      if (!existsSync(passwordFile)) setNewPassword(root, binaries, account)
    }
    return { folder, password: readFileSync(passwordFile, 'utf8').trim() }
  } catch (cause) {
    throw fromDisk(cause, root)
  }
}

async function initialise(
  root: string,
  binaries: PostgresBinaries,
  account: EngineAccount | null,
): Promise<void> {
  const unfinished = join(root, 'data.unfinished')
  const folder = join(root, 'data')
  if (existsSync(folder)) {
    throw new EngineError(
      `${folder} exists and is no Postgres data folder (it has no PG_VERSION). ` +
        'Move it away, or set TERRACE_HOME to another folder.',
    )
  }
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  handOver(unfinished, account)
  const passwordFile = writePassword(root, account)
  await run(
    binaries.initdb,
    [
      `--pgdata=${unfinished}`,
      `--username=${POSTGRES_USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    unfinished,
    account,
  )
  renameSync(unfinished, folder)
}

function checkVersion(folder: string, binaries: PostgresBinaries): void {
  const found = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim()
  if (found === binaries.majorVersion) return
  throw new EngineError(
    `${folder} was made by PostgreSQL ${found}, and the installed binaries are ${binaries.version}. ` +
      'Run the version of Terrace that made it and copy what you need with `pg_dump`; then move the ' +
      'folder away, start again and load the copy. Or set DATABASE_URL to a server.',
  )
}

/** A data folder whose password is lost: Postgres' single-user mode needs none to set another. */
function setNewPassword(
  root: string,
  binaries: PostgresBinaries,
  account: EngineAccount | null,
): void {
  const password = readFileSync(writePassword(root, account), 'utf8').trim()
  const data = join(root, 'data')
  execFileSync(binaries.postgres, ['--single', '-D', data, 'postgres'], {
    input: `alter role ${POSTGRES_USER} password '${password}'\n`,
    env: POSTGRES_ENV,
    cwd: data,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  })
}

function writePassword(root: string, account: EngineAccount | null): string {
  const file = join(root, 'password')
  rmSync(file, { force: true })
  writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  handOver(file, account)
  return file
}

function run(
  binary: string,
  args: string[],
  cwd: string,
  account: EngineAccount | null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, {
      cwd,
      env: POSTGRES_ENV,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(account && { uid: account.uid, gid: account.gid }),
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      const reason = output.trim().split('\n').slice(-4).join('\n')
      reject(new EngineError(`initdb failed (${signal ?? `exit ${code}`}) in ${cwd}:\n${reason}`))
    })
  })
}

function fromDisk(cause: unknown, root: string): unknown {
  const advice: Record<string, string> = {
    ENOSPC: 'The disk is full: free some space, or set TERRACE_HOME to a folder on another disk.',
    EACCES: 'This user may not write there: set TERRACE_HOME to a folder of its own.',
    EPERM:
      'The system does not let this user hand files to another account: ' +
      'start Terrace as a user other than root, or set DATABASE_URL to a server.',
    EROFS: 'The file system is read-only: set TERRACE_HOME to a folder that can be written.',
  }
  const text = advice[codeOf(cause) ?? '']
  if (!text) return cause
  return new EngineError(
    `Embedded Postgres cannot use its folder ${root}: ${messageOf(cause)}. ${text}`,
    {
      cause,
    },
  )
}
