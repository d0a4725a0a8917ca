// The bare limit of raw → dds: raw's JSON parsed once in SQL, then a statement for each target, on as
// many connections as the tasks have. It does not validate, quarantine, count duplicates, keep loads
// apart, note the days that they reopen, look anything up or check.

import { readFileSync } from 'node:fs'
import type { Pool } from '../../connections/postgres.ts'

const text = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const MESSAGES = text('bare-messages.sql')
/** nl_event, the longest, begins first. */
const TARGETS = text('bare-targets.sql').split('\n\n').filter(isStatement)

const CONNECTIONS = 4

/** Returns the seconds that it took. */
export async function loadBareVault(pool: Pool): Promise<number> {
  const start = performance.now()
  await pool.query(MESSAGES)
  await pool.query('analyze message')
  const waiting = [...TARGETS]
  const work = async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) await pool.query(target)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  return (performance.now() - start) / 1_000
}

/** Rows of each table that the limit fills, as text to compare. What was looked up is not counted. */
export async function countVault(pool: Pool): Promise<string> {
  const counts: string[] = []
  for (const target of TARGETS) {
    const table = /into dds\.(\w+)/.exec(target)![1]!
    const where = table === 's_location_geo' ? `where provider = 'message'` : ''
    const { rows } = await pool.query(`select count(*) from dds.${table} ${where}`)
    counts.push(`${table} ${rows[0].count}`)
  }
  return counts.join(', ')
}

function isStatement(part: string): boolean {
  return part.startsWith('insert')
}
