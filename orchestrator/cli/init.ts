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

// What the files of a project mean to the compiler is what they mean to Terrace, which loads them without
// checking types: imports by their file's name, and nothing that is written out.
const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "lib": ["es2023"],
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "types": ["node"]
  },
  "include": ["dags", "tasks"]
}
`

const FILES: Record<string, string> = {
  'dags/package.json': DAGS_PACKAGE,
  'dags/hello.ts': HELLO,
  'tsconfig.json': TSCONFIG,
  '.env.example': ENV_EXAMPLE,
  '.gitignore': GITIGNORE,
}

/** What a project of TypeScript may have already: its own stays, and init says what belongs in it. */
const KEPT: Record<string, string> = {
  'tsconfig.json': 'it must allow imports that end in .ts (allowImportingTsExtensions)',
  '.env.example': 'the variables of Terrace are in its README',
  '.gitignore': 'it should name .terrace/ and .env',
}

export function define(init: Command): void {
  init.action(() => {
    const existing = Object.keys(FILES).filter((path) => existsSync(path))
    const inTheWay = existing.filter((path) => !(path in KEPT))
    if (inTheWay.length > 0) {
      const [verb, pronoun] = inTheWay.length === 1 ? ['is', 'it'] : ['are', 'them']
      throw new UsageError(
        `${inTheWay.join(', ')} ${verb} here already, and init overwrites nothing. Run it in an empty folder, or move ${pronoun} away.`,
      )
    }
    for (const [path, text] of Object.entries(FILES)) {
      if (existing.includes(path)) {
        process.stdout.write(`kept ${path}: ${KEPT[path]}\n`)
        continue
      }
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { flag: 'wx' })
      process.stdout.write(`wrote ${path}\n`)
    }
    process.stdout.write(
      'Next: npx terrace standalone, then npx terrace dags list\n' +
        'To check types: npm install --save-dev typescript @types/node, then npx tsc\n',
    )
  })
  examples(init, 'init')
}
