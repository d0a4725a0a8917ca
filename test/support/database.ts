// A database of one's own on the Postgres that all tests share: empty, or cloned from a template
// that the first test to need it builds.

import { createHash, randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'

export interface FreshDatabase {
  url: string
  /** Drops it, cutting whatever is still connected. */
  drop(): Promise<void>
}

export interface DatabaseTemplate {
  /** Tests that give the same name share what the first of them built. */
  name: string
  /** Fills an empty database; must close its connections. */
  build(url: string): Promise<void>
}

export async function freshDatabase(
  options: { template?: DatabaseTemplate; server?: string } = {},
): Promise<FreshDatabase> {
  const server = options.server ?? inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = await connect(server)
  try {
    const template = options.template ? await templateFor(admin, server, options.template) : null
    await admin.query(`create database ${name}${template ? ` template ${template}` : ''}`)
  } finally {
    await admin.end()
  }
  return {
    url: urlOf(server, name),
    async drop() {
      const client = await connect(server)
      try {
        await client.query(`drop database if exists ${name} with (force)`)
      } finally {
        await client.end()
      }
    },
  }
}

async function templateFor(
  admin: Client,
  server: string,
  template: DatabaseTemplate,
): Promise<string> {
  const hash = createHash('sha256').update(template.name).digest('hex').slice(0, 12)
  const finished = `template_${hash}`
  const unfinished = `building_${hash}`
  // Held by this connection: a builder that dies frees it.
  await admin.query('select pg_advisory_lock(hashtext($1))', [finished])
  try {
    const found = await admin.query('select 1 from pg_database where datname = $1', [finished])
    if (found.rowCount === 0) {
      await admin.query(`drop database if exists ${unfinished} with (force)`)
      await admin.query(`create database ${unfinished}`)
      await template.build(urlOf(server, unfinished))
      await admin.query(`alter database ${unfinished} rename to ${finished}`)
    }
  } finally {
    await admin.query('select pg_advisory_unlock(hashtext($1))', [finished])
  }
  return finished
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}

function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}
