// What each of our sessions is set to, whatever a server, a database or an account sets for everybody:
// our statements rely on it, and a database of somebody else may have anything. Set after the log-in and
// not in its options, which poolers such as PgBouncer refuse.
//
// Left as they are: default_transaction_read_only, with which somebody protects a database, and
// synchronous_commit, which is a choice about the disk.

import type { ClientBase } from 'pg'

export type SessionSettings = Readonly<Record<string, string>>

const DEFAULTS: SessionSettings = {
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Who wants a limit sets one for its own statements.
  statement_timeout: '0',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  search_path: '"$user", public',
  // How values are written and read.
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
}

/** Every name is qualified: until this has run, the search path is somebody else's. */
const APPLY = `select pg_catalog.set_config(setting.key, setting.value, false)
  from pg_catalog.jsonb_each_text($1::pg_catalog.jsonb) as setting
  where pg_catalog.current_setting(setting.key, true) is not null`

/** Settings that the server is too old for are left out. */
export async function prepareSession(
  client: ClientBase,
  settings: SessionSettings = {},
): Promise<void> {
  await client.query(APPLY, [JSON.stringify({ ...DEFAULTS, ...settings })])
}
