// Users: a name, a password's hash and a role. Every change is in the audit log, under the name of
// who made it.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { audit } from '../store/dags.ts'
import { StoreError } from '../store/store-error.ts'
import { generatePassword, hashPassword, isPassword } from './passwords.ts'

export const ROLES = ['admin', 'viewer'] as const
export type Role = (typeof ROLES)[number]

export interface User {
  name: string
  role: Role
}

export interface UserRow extends User {
  createdAt: Date
  changedAt: Date
  /** Latest request of a browser or a program; null before the first. */
  lastSeenAt: Date | null
  nSessions: number
  nTokens: number
}

/** Why a name cannot be a user's, or null. */
export function userNameProblem(name: string): string | null {
  if (/^(?!\.{1,2}$)[A-Za-z0-9_.@+-]{1,100}$/.test(name)) return null
  return 'A name has 1 to 100 letters, digits, "_", ".", "@", "+" and "-" (not "." or ".." alone), such as ada'
}

/** @throws StoreError user_exists */
export async function createUser(
  pool: Pool,
  user: User & { password: string },
  actor: string,
): Promise<void> {
  const hash = await hashPassword(user.password)
  await inTransaction(pool, async (client) => {
    if (!(await insertUser(client, user, hash))) throw StoreError.userExists(user.name)
    await audit(client, actor, 'user.create', { detail: { user: user.name, role: user.role } })
  })
}

/**
 * Makes the admin of an installation that has no user yet, with a password that is told here alone.
 * Null when there is a user: of several processes one makes it.
 */
export async function createFirstUser(
  pool: Pool,
  name: string,
  actor: string,
): Promise<{ password: string } | null> {
  if (await hasUsers(pool)) return null
  const password = generatePassword()
  const hash = await hashPassword(password)
  return inTransaction(pool, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('terrace.first_user'))`)
    if (await hasUsers(client)) return null
    await insertUser(client, { name, role: 'admin' }, hash)
    await audit(client, actor, 'user.create', { detail: { user: name, role: 'admin' } })
    return { password }
  })
}

async function insertUser(client: PoolClient, user: User, hash: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into terrace.user_account (name, password_hash, role) values ($1, $2, $3)
     on conflict do nothing`,
    [user.name, hash, user.role],
  )
  return rowCount === 1
}

export async function hasUsers(db: Pick<Pool, 'query'>): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    'select exists (select from terrace.user_account) as found',
  )
  return rows[0]!.found
}

export async function listUsers(pool: Pool): Promise<UserRow[]> {
  const { rows } = await pool.query<UserRow>(
    `select u.name, u.role, u.created_at as "createdAt", u.changed_at as "changedAt",
       greatest(
         (select max(s.seen_at) from terrace.web_session s where s.user_name = u.name),
         (select max(t.last_used_at) from terrace.api_token t where t.user_name = u.name)
       ) as "lastSeenAt",
       (select count(*)::int from terrace.web_session s
        where s.user_name = u.name and s.expires_at > now()) as "nSessions",
       (select count(*)::int from terrace.api_token t
        where t.user_name = u.name and t.expires_at > now()) as "nTokens"
     from terrace.user_account u order by lower(u.name)`,
  )
  return rows
}

/** In any case of letters; null when there is none. */
export async function findUser(pool: Pool, name: string): Promise<User | null> {
  const { rows } = await pool.query<User>(
    'select name, role from terrace.user_account where lower(name) = lower($1)',
    [name],
  )
  return rows[0] ?? null
}

/** A user, and the hash that the password was right for. */
export interface CheckedPassword {
  user: User
  hash: string
}

/** Whether it is the password of the user of that name; takes as long when there is none. */
export async function checkPassword(
  pool: Pool,
  name: string,
  password: string,
): Promise<{ found: CheckedPassword | null; isRight: boolean }> {
  const { rows } = await pool.query<User & { hash: string }>(
    `select name, role, password_hash as hash from terrace.user_account
     where lower(name) = lower($1)`,
    [name],
  )
  const [row] = rows
  const isRight = await isPassword(password, row?.hash ?? null)
  return {
    found: row ? { user: { name: row.name, role: row.role }, hash: row.hash } : null,
    isRight,
  }
}

/**
 * Whether it is the user's password still, which it then is until the transaction ends. `for share`:
 * neither a reset nor a deletion goes past that, while a reset does go past `for key share`.
 */
export async function holdPassword(
  client: PoolClient,
  { user, hash }: CheckedPassword,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'select from terrace.user_account where name = $1 and password_hash = $2 for share',
    [user.name, hash],
  )
  return rowCount === 1
}

/**
 * Sets a password and ends what the user had open: sessions, links that wait and API tokens. A
 * password is often set anew because somebody else knows it, and who knew it may have made a token.
 *
 * @param keepTokens named API tokens go on; those that were given for the old password end all the same
 * @throws StoreError user_not_found
 */
export async function setPassword(
  pool: Pool,
  { name, password, keepTokens = false }: { name: string; password: string; keepTokens?: boolean },
  actor: string,
): Promise<void> {
  const hash = await hashPassword(password)
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `update terrace.user_account set password_hash = $2, changed_at = now() where name = $1`,
      [name, hash],
    )
    if (rowCount === 0) throw StoreError.userNotFound(name)
    await client.query('delete from terrace.web_session where user_name = $1', [name])
    await client.query('delete from terrace.login_link where user_name = $1', [name])
    const { rowCount: ended } = await client.query(
      'delete from terrace.api_token where user_name = $1 and (name is null or not $2)',
      [name, keepTokens],
    )
    await audit(client, actor, 'user.reset_password', { detail: { user: name, tokens: ended } })
  })
}

/** With the user's sessions, links and tokens. @throws StoreError user_not_found */
export async function deleteUser(pool: Pool, name: string, actor: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query('delete from terrace.user_account where name = $1', [
      name,
    ])
    if (rowCount === 0) throw StoreError.userNotFound(name)
    await audit(client, actor, 'user.delete', { detail: { user: name } })
  })
}

/** Of a user that exists: what was typed as an unknown name may have been a password. */
export async function auditFailedLogin(pool: Pool, name: string): Promise<void> {
  await inTransaction(pool, (client) => audit(client, name, 'user.login_failed', {}))
}
