// npm run env: a .env with generated passwords for docker-compose.yml. See --help.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'

const HELP = `Writes .env from .env.example, with a generated value for every password of docker-compose.yml.
What .env has already stays as it is: only what is missing or empty is filled in. It can be read by you
alone, and git leaves it out. Keep it: the volumes were made with these passwords.

  npm run env
`

const password = () => randomBytes(24).toString('hex')

const GENERATED: Record<string, () => string> = {
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

function main(): void {
  const { values } = parseArgs({
    options: { help: { type: 'boolean', short: 'h', default: false } },
  })
  console.log(values.help ? HELP : writeEnv())
}

/** Returns what it did. */
function writeEnv(): string {
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

function fill(before: string): { text: string; filled: string[] } {
  const present = parseEnv(before)
  const filled = Object.keys(GENERATED).filter((name) => !present[name])
  const text = filled.reduce((lines, name) => {
    const line = `${name}=${GENERATED[name]!()}`
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
