// Messages count in words that fit the count: "1 task", "2 tasks", never "1 task(s)".

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { drawGraph } from '../../orchestrator/cli/graph-drawing.ts'
import { counted } from '../../orchestrator/counted.ts'
import { defineDag } from '../../orchestrator/sdk/index.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDERS = [
  'orchestrator',
  'connections',
  'tasks',
  'dags',
  'metabase',
  'scripts',
  'sql',
  'web/src',
]

test('a count and its noun agree', () => {
  expect([0, 1, 2].map((count) => counted(count, 'task'))).toEqual(['0 tasks', '1 task', '2 tasks'])
  const { serialized } = defineDag({ id: 'one', schedule: null }, (dag) => {
    dag.task('only', () => 1, {}, { retries: 1 })
  })
  const drawn = drawGraph(serialized)
  expect(drawn).toContain('1 task')
  expect(drawn).not.toContain('1 tasks')
  expect(drawn).toContain('[1 retry]')
})

test('no message leaves the plural to its reader', () => {
  const undecided = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|tsx|mjs|sql)$/.test(name))
      .flatMap((name) =>
        readFileSync(join(ROOT, folder, name), 'utf8')
          .split('\n')
          .filter((line) => /[a-z]\(e?s\)(?!\?)/.test(line))
          .map((line) => `${folder}/${name}: ${line.trim()}`),
      ),
  )
  expect(undecided).toEqual([])
})
