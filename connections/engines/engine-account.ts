// As whom the embedded engines run and where their folders may lie.
//
// Postgres refuses to run as root, and ClickHouse answers to whoever has its password: so root starts
// both as an unprivileged account. That account must be able to enter every folder above the data (and
// above Postgres' binaries); where it cannot (a checkout under root's 0700 home), these go to a folder of
// the system instead.

import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { EngineError } from './engine-error.ts'

export interface EngineAccount {
  uid: number
  gid: number
  name: string
}

/**
 * Null: as this process's own user.
 *
 * @param data an existing data folder keeps its owner, say of a user's checkout that root enters.
 */
export function engineAccount(data?: string): EngineAccount | null {
  if (process.getuid?.() !== 0) return null
  const owner = data ? statSync(data, { throwIfNoEntry: false }) : undefined
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, name: `uid ${owner.uid}` }
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  // initdb looks its user up by uid, so a made-up number will not do.
  for (const name of ['nobody', 'postgres', 'daemon']) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':')
    const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])]
    if (fields && uid > 0) return { uid, gid, name }
  }
  throw new EngineError(
    'The embedded engines do not run as root, and this system has no account `nobody` to run them as. ' +
      'Start Terrace as another user, or set DATABASE_URL and CLICKHOUSE_URL to servers.',
  )
}

/** Whether the account can enter `folder`; the part of it that does not exist yet counts as ours. */
export function canEnter(account: EngineAccount | null, folder: string): boolean {
  if (!account) return true
  for (let path = folder; ; path = dirname(path)) {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats) {
      const bit = stats.uid === account.uid ? 0o100 : stats.gid === account.gid ? 0o010 : 0o001
      if (!stats.isDirectory() || (stats.mode & bit) === 0) return false
    }
    if (path === dirname(path)) return true
  }
}

const ENGINES = { postgres: 'Postgres', clickhouse: 'ClickHouse' }

/**
 * Where an embedded engine keeps its data: under the home if the account can get there. Data that
 * exists is never left behind for an empty folder.
 */
export function engineFolder(home: string, engine: keyof typeof ENGINES): string {
  const inHome = join(home, engine)
  const data = join(inHome, 'data')
  const account = engineAccount(data)
  if (!account) return inHome
  const name = createHash('sha256').update(home).digest('hex').slice(0, 12)
  const elsewhere = join(systemFolder(), name, engine)
  if (existsSync(join(elsewhere, 'data'))) return elsewhere
  if (canEnter(account, home)) return inHome
  if (!existsSync(data)) return elsewhere
  throw new EngineError(
    `Embedded ${ENGINES[engine]} has its data in ${data}, and ${account.name}, as whom it runs, may not ` +
      `enter a folder above. Allow it (chmod o+x on that folder), or move the data to ${elsewhere}/data.`,
  )
}

/** A folder of root that everybody can enter and only root writes to. */
export function systemFolder(): string {
  for (const folder of ['/var/lib/terrace', '/var/tmp/terrace-root']) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 })
      accessSync(folder, constants.W_OK)
      // In a folder that all may write to, somebody else may have been there first.
      if (statSync(folder).uid === 0) return folder
    } catch {
      // A read-only system: the next one.
    }
  }
  throw new EngineError(
    'The embedded engines need a folder that an unprivileged account can enter: TERRACE_HOME is not ' +
      'one, and neither /var/lib/terrace nor /var/tmp/terrace-root can be written. ' +
      'Set TERRACE_HOME to such a folder, or DATABASE_URL and CLICKHOUSE_URL to servers.',
  )
}

/** Every folder on the way that does not exist yet, open to be entered whatever the umask says. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
}

/** Gives a file or folder to the account that an engine runs as. */
export function handOver(path: string, account: EngineAccount | null): void {
  if (account) chownSync(path, account.uid, account.gid)
}

/** With all that is in it; the folder itself last, so that one which is the account's is so as a whole. */
export function handOverTree(folder: string, account: EngineAccount): void {
  if (statSync(folder).uid === account.uid) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) handOverTree(path, account)
    else lchownSync(path, account.uid, account.gid)
  }
  chownSync(folder, account.uid, account.gid)
}
