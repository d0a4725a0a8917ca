// npm run env: a .env with generated passwords for docker-compose.yml. See --help. Plain JavaScript without
// packages: who uses containers has no node_modules.

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'

const HELP = `Writes .env from .env.example, with a generated value for every password of docker-compose.yml.
What .env has already stays as it is: only what is missing or empty is filled in. It can be read by you
alone, and git leaves it out. Keep it: the volumes were made with these passwords.

It also lets everybody read the files of deploy/ that containers mount: their accounts are others than
yours, and a checkout that was made with umask 077 would keep them out. No password is in these files.

  npm run env
`

/** What docker-compose.yml mounts, with the mode that lets the accounts of the images read it. */
const MOUNTED = {
  'deploy/clickhouse/users.xml': 0o644,
  'deploy/postgres/make-metabase-database.sh': 0o755,
}

const password = () => randomBytes(24).toString('hex')

/** @type {Record<string, () => string>} */
const GENERATED = {
  POSTGRES_PASSWORD: password,
  REDIS_PASSWORD: password,
  CLICKHOUSE_PASSWORD: password,
  CLICKHOUSE_READER_PASSWORD: password,
  METABASE_PASSWORD: password,
  METABASE_DB_PASSWORD: password,
  METABASE_ENCRYPTION_KEY: password,
  // A uuid in base64 to Kafka; one that begins with a dash would read as a flag.
  KAFKA_CLUSTER_ID: () => `T${randomBytes(16).toString('base64url').slice(1)}`,
}

function main() {
  const { values } = parseArgs({
    options: { help: { type: 'boolean', short: 'h', default: false } },
  })
  console.log(values.help ? HELP : writeEnv())
}

/** Returns what it did. */
function writeEnv() {
  for (const [file, mode] of Object.entries(MOUNTED)) if (existsSync(file)) chmodSync(file, mode)
  const isNew = !existsSync('.env')
  const before = readFileSync(isNew ? '.env.example' : '.env', 'utf8')
  const { text, filled } = fill(before)
  if (filled.length === 0) return '.env has a value for every password: unchanged.'
  // Renamed into place: nobody reads half a file, and its mode is right from the first byte.
  const unfinished = `.env.${process.pid}`
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx' })
  renameSync(unfinished, '.env')
  return `${isNew ? 'Wrote .env' : 'Added to .env'}: ${filled.join(', ')}.`
}

/** @param {string} before */
function fill(before) {
  const present = parseEnv(before)
  const filled = Object.keys(GENERATED).filter((name) => !present[name])
  const text = filled.reduce((lines, name) => {
    const line = `${name}=${GENERATED[name]()}`
    const empty = new RegExp(`^${name}=[ \\t]*$`, 'm')
    if (empty.test(lines)) return lines.replace(empty, line)
    return `${lines}${lines === '' || lines.endsWith('\n') ? '' : '\n'}${line}\n`
  }, before)
  return { text, filled }
}

try {
  main()
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error
  const why = error instanceof Error ? error.message : String(error)
  console.error(
    isUsage ? why : `No .env was written: ${why}. Run this in the folder of the checkout.`,
  )
  process.exitCode = isUsage ? 2 : 1
}
