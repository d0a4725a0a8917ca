// Data and imports flow one way (docs/architecture.md). A file that breaks the rule is named with the
// import that breaks it.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

interface Rule {
  /** Files under this folder … */
  from: string
  /** … may import from these folders and files of the project, and their own folder. */
  may: string[]
}

const RULES: Rule[] = [
  { from: 'dags', may: ['orchestrator/sdk', 'tasks'] },
  {
    from: 'tasks',
    may: [
      'orchestrator/sdk',
      'orchestrator/project-files',
      'connections',
      'generators',
      'seeds',
      'orchestrator/cli/commands.ts',
    ],
  },
  { from: 'generators', may: ['seeds'] },
  { from: 'metabase', may: ['connections', 'orchestrator/project-files'] },
  { from: 'connections', may: [] },
  { from: 'orchestrator/graph', may: [] },
  {
    from: 'orchestrator/timetable',
    may: ['orchestrator/graph'],
  },
  { from: 'orchestrator/sdk', may: ['orchestrator/graph', 'orchestrator/timetable'] },
  { from: 'orchestrator/queue', may: ['connections'] },
  {
    from: 'orchestrator/store',
    may: [
      'connections',
      'orchestrator/graph',
      'orchestrator/timetable',
      'orchestrator/queue/types.ts',
    ],
  },
  {
    from: 'orchestrator/dag-processor',
    may: ['orchestrator/sdk', 'orchestrator/graph', 'connections'],
  },
  {
    from: 'orchestrator/scheduler',
    may: [
      'connections',
      'orchestrator/graph',
      'orchestrator/timetable',
      'orchestrator/store',
      'orchestrator/queue/types.ts',
      'orchestrator/sdk/failpoint.ts',
      'orchestrator/version.ts',
    ],
  },
  {
    from: 'orchestrator/worker',
    may: [
      'connections',
      'orchestrator/graph',
      'orchestrator/sdk',
      'orchestrator/store',
      'orchestrator/queue/types.ts',
      'orchestrator/dag-processor',
      'orchestrator/version.ts',
    ],
  },
  {
    from: 'orchestrator/alerts',
    may: ['connections', 'orchestrator/store', 'orchestrator/worker/secrets.ts'],
  },
  { from: 'orchestrator/accounts', may: ['connections', 'orchestrator/store'] },
  { from: 'orchestrator/project-files', may: [] },
  {
    from: 'orchestrator/api',
    may: [
      'connections',
      'orchestrator/accounts',
      'orchestrator/alerts/alert-title.ts',
      'orchestrator/graph',
      'orchestrator/page',
      'orchestrator/timetable',
      'orchestrator/store',
      'orchestrator/project-files',
      'orchestrator/iso-date.ts',
      'orchestrator/version.ts',
    ],
  },
]

/** Words alone, which any text may need; they import nothing. */
const WORDS = ['orchestrator/counted.ts', 'orchestrator/closest-names.ts']

describe('imports', () => {
  for (const rule of RULES)
    test(`of ${rule.from}/ reach ${rule.may.join(', ') || 'no other folder'}`, () => {
      const wrong = sources(rule.from).flatMap((file) =>
        imports(file)
          .filter(
            (target) => ![rule.from, ...rule.may, ...WORDS].some((to) => isWithin(target, to)),
          )
          .map((target) => `${file} imports ${target}`),
      )
      expect(wrong).toEqual([])
    })

  test('of orchestrator/ and connections/ never reach the shop', () => {
    const shop = ['dags', 'tasks', 'generators', 'seeds', 'metabase']
    const wrong = [...sources('orchestrator'), ...sources('connections')].flatMap((file) =>
      imports(file)
        .filter((target) => shop.some((folder) => isWithin(target, folder)))
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('of the command line are in tasks/commands alone', () => {
    const wrong = sources('tasks')
      .filter((file) => !isWithin(file, 'tasks/commands'))
      .filter((file) => imports(file).includes('orchestrator/cli/commands.ts'))
    expect(wrong).toEqual([])
  })

  test('of bullmq are in orchestrator/queue alone', () => {
    const wrong = ['orchestrator', 'connections', 'dags', 'tasks', 'generators']
      .flatMap(sources)
      .filter((file) => !isWithin(file, 'orchestrator/queue'))
      .filter((file) => /from 'bullmq'/.test(readFileSync(join(ROOT, file), 'utf8')))
    expect(wrong).toEqual([])
  })

  test('are found at all', () => {
    expect(imports('orchestrator/store/attempts.ts')).toContain('connections/postgres.ts')
  })
})

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

/** Project files that a file imports, statically or dynamically, relative to the root. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(ROOT, resolve(ROOT, dirname(file), match[1]!)),
  )
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`)
}
