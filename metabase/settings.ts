// What provisioning needs to know, from the one environment module.

import { readerUrl } from '../connections/clickhouse-front/reader-account.ts'
import { attachEngines } from '../connections/engines/attach-engines.ts'
import type { Environment } from '../connections/environment.ts'
import { MetabaseError } from './metabase-error.ts'

export interface ClickHouseAddress {
  host: string
  port: number
  ssl: boolean
  user: string
  password: string
}

export interface MetabaseSettings {
  url: string
  email: string
  password: string
  clickhouse: ClickHouseAddress
}

/** @throws MetabaseError that names what is not set, EnginesNotRunningError */
export async function metabaseSettings(env: Environment): Promise<MetabaseSettings> {
  const { METABASE_URL: url, METABASE_EMAIL: email, METABASE_PASSWORD: password } = env
  if (email === undefined || password === undefined) {
    const missing = [
      ...(email === undefined ? ['METABASE_EMAIL'] : []),
      ...(password === undefined ? ['METABASE_PASSWORD'] : []),
    ]
    const isNot = missing.length > 1 ? 'are not' : 'is not'
    throw new MetabaseError(
      `Nobody to log in to Metabase as: ${missing.join(' and ')} ${isNot} set. Set it in the ` +
        'environment or in .env: a new Metabase gets this administrator, one that was set up before must know it.',
    )
  }
  const address =
    env.METABASE_CLICKHOUSE_URL ??
    env.CLICKHOUSE_URL ??
    // People write SQL in Metabase: it gets the account that may only read.
    readerUrl((await attachEngines(env)).clickhouseUrl)
  return { url: url.replace(/\/+$/, ''), email, password, clickhouse: clickHouseAddress(address) }
}

function clickHouseAddress(text: string): ClickHouseAddress {
  const url = new URL(text)
  const ssl = url.protocol === 'https:'
  return {
    // Brackets are of URLs, not of addresses.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (ssl ? 8443 : 8123),
    ssl,
    user: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
  }
}
