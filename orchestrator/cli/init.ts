// init: the smallest project that runs, in the current folder. Nothing that exists is touched.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { examples } from './command-options.ts'
import { UsageError } from './errors.ts'

const HELLO = `// hello: greets, then counts the letters of the greeting.
//
// Passing a task's reference as an argument draws the edge. The file's name is the DAG's id.
import { cron, defineDag, type TaskContext } from 'terrace/sdk'

export async function greet({ name }: { name: string }, ctx: TaskContext) {
  ctx.log.info(\`greeting \${name}\`)
  return { text: \`Hello, \${name}!\` }
}

export async function countLetters({ greeting }: { greeting: { text: string } }) {
  return greeting.text.length
}

export default defineDag(
  {
    id: 'hello',
    description: 'Greet the world once an hour.',
    schedule: [cron('0 * * * *')],
    catchup: false,
    defaults: { retries: 2, retryDelay: '10s' },
    tags: ['example'],
  },
  (dag) => {
    const greeting = dag.task('greet', greet, { name: 'world' })
    dag.task('count_letters', countLetters, { greeting })
  },
)
`

const ENV_EXAMPLE = `# Copy to .env. Everything is optional: an engine without a variable is embedded.
# DATABASE_URL=postgres://user:password@host:5432/terrace
# WAREHOUSE_URL=postgres://user:password@host:5432/warehouse
# REDIS_URL=redis://host:6379
# KAFKA_BROKERS=host:9092,other:9092
# CLICKHOUSE_URL=http://user:password@host:8123
# TERRACE_HOME=.terrace
# TERRACE_DAGS_FOLDER=dags
# TERRACE_WEB_PORT=8081
`

const GITIGNORE = `node_modules/
.terrace/
.env
`

// Makes the folder's .ts files ES modules whatever the package.json above says: npm writes one without
// a type, and Node would then load them as CommonJS, which cannot import the SDK.
const DAGS_PACKAGE = '{\n  "type": "module"\n}\n'

const FILES: Record<string, string> = {
  'dags/package.json': DAGS_PACKAGE,
  'dags/hello.ts': HELLO,
  '.env.example': ENV_EXAMPLE,
  '.gitignore': GITIGNORE,
}

export function define(init: Command): void {
  init.action(() => {
    const existing = Object.keys(FILES).filter((path) => existsSync(path))
    if (existing.length > 0) {
      throw new UsageError(
        `${existing.join(', ')} ${existing.length === 1 ? 'is' : 'are'} here already, and init overwrites nothing. Run it in an empty folder, or move ${existing.length === 1 ? 'it' : 'them'} away.`,
      )
    }
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { flag: 'wx' })
      process.stdout.write(`wrote ${path}\n`)
    }
    process.stdout.write('Next: npx terrace standalone, then npx terrace dags list\n')
  })
  examples(init, 'init')
}
