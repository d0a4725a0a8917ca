// `dags test` and `tasks test` beside a worker that runs the same file.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withoutPassword } from '../../connections/environment.ts'
import { maskJson, maskSecrets } from '../../connections/mask-secrets.ts'
import { projectFolder } from '../support/project-folder.ts'
import { type WorkerUnderTest, workerUnderTest } from '../worker/worker-under-test.ts'
import { type Terrace, terraceHere, terraceIn } from './terrace.ts'

const DAGS_FOLDER = new URL('./dags', import.meta.url).pathname
const SDK = new URL('../../orchestrator/sdk/index.ts', import.meta.url).pathname
// Servers that are named are not started, and these DAGs open no connection.
const NO_ENGINES = {
  DATABASE_URL: 'postgres://nobody:nowhere@127.0.0.1:1/none',
  WAREHOUSE_URL: 'postgres://owner:nowhere@127.0.0.1:1/shop',
  CLICKHOUSE_URL: 'http://nobody:nowhere@127.0.0.1:1',
}

interface Row {
  task_id: string
  state: string
  output: unknown
  error: string | null
}

describe('a tested DAG', () => {
  let under: WorkerUnderTest
  let terrace: Terrace
  beforeAll(async () => {
    under = await workerUnderTest()
    await under.register(DAGS_FOLDER, 'both_ways.ts')
    await under.start({
      dagsFolder: DAGS_FOLDER,
      env: { ...process.env, ...NO_ENGINES, SHOP_API_KEY: 'sesame-42' },
    })
    const env = { ...NO_ENGINES, TERRACE_DAGS_FOLDER: DAGS_FOLDER, SHOP_API_KEY: 'sesame-42' }
    terrace = terraceHere({ env })
  })
  afterAll(() => under?.close())

  test('ends every task as a worker does, with the same output and error', async () => {
    const run = await under.trigger('both_ways', { size: 2 })
    const state = await under.runEnd(run)
    const { code, stdout, stderr } = await terrace(
      ...['dags', 'test', 'both_ways', '--conf', '{"size": 2}', '-o', 'json'],
    )
    const tested: Row[] = JSON.parse(stdout)
    const real = await under.tasks(run)
    for (const { task_id, state, output, error } of tested) {
      const { state: wanted, error: reason } = real[task_id]!
      expect({ task_id, state, output, error }).toEqual({
        task_id,
        state: wanted,
        // Shown with its passwords hidden.
        output: maskJson((await under.output(run, task_id)) ?? null, maskSecrets({})),
        error: reason?.split('\n')[0] ?? null,
      })
    }
    expect(tested).toHaveLength(Object.keys(real).length)
    expect({ state, code }).toEqual({ state: 'failed', code: 1 })
    expect(stderr).toContain('INFO    tells: the key is ***')
    expect(stderr).toContain('WARNING tells: careful {"key":"***"}')
    expect(`${stdout}${stderr}`).not.toContain('sesame')
    // Of the engines a task learns what it may use, and not where the metadata is.
    const found = tested.find(({ task_id }) => task_id === 'finds_engines')
    expect(found?.output).toEqual({
      warehouseUrl: expect.stringMatching(/^postgres:\/\/\w+:.+@127\.0\.0\.1:1\/shop$/),
      clickhouseUrl: withoutPassword(NO_ENGINES.CLICKHOUSE_URL),
      kafkaBrokers: null,
    })
    expect(stderr).toMatch(/finds_engines: postgres:\/\/\w+:\*\*\*@127\.0\.0\.1:1\/shop/)
  })

  test('tells a task of its interval, which ends with its logical date at the latest', async () => {
    const { stdout } = await terrace(
      ...['tasks', 'test', 'both_ways', 'context', '-l', '2026-03-05T06:30:00Z'],
    )
    expect(JSON.parse(stdout)).toMatchObject({
      interval: ['2026-03-04T00:00:00.000Z', '2026-03-05T00:00:00.000Z'],
      logicalDate: '2026-03-05T06:30:00.000Z',
    })
  })
})

describe('the command', () => {
  const project = projectFolder({
    'package.json': '{"type": "module"}',
    'dags/leaves_at_import.ts': 'process.exit(0)\n',
    'dags/out_of_time.ts': `import { defineDag } from '${SDK}'
export default defineDag({ id: 'out_of_time', schedule: null, runTimeout: '2s' }, (dag) => {
  const waits = dag.task('waits', () => new Promise<null>(() => {}))
  dag.task('below', () => 1, {}, { triggerRule: 'all_done' }).after(waits)
})
`,
    'dags/leaves.ts': `import { defineDag } from '${SDK}'
export default defineDag({ id: 'leaves', schedule: null }, (dag) => {
  dag.task('leaves', (): null => process.exit(0))
})
`,
  })
  const command = terraceIn({ cwd: project.path, env: NO_ENGINES })
  afterAll(() => project.remove())

  test('ends a run at its time limit, though nothing else keeps the process alive', async () => {
    const { code, stdout, stderr } = await command('dags', 'test', 'out_of_time', '-o', 'json')
    expect({ code, rows: JSON.parse(stdout) }).toMatchObject({
      code: 1,
      rows: [
        { state: 'failed', error: expect.stringContaining('limit of 2 s') },
        { state: 'skipped' },
      ],
    })
    expect(stderr).toContain('out_of_time: failed')
  })

  test('fails with the task that leaves the process', async () => {
    const { code, stdout, stderr } = await command('tasks', 'test', 'leaves', 'leaves')
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'null\n' })
    expect(stderr).toContain('ended its runner thread with exit code 0')
  })

  test('says that a file leaves the process when it is loaded', async () => {
    const { code, stderr } = await command('dags', 'test', 'leaves_at_import')
    expect(code).toBe(1)
    expect(stderr).toContain('leaves_at_import.ts does not load: The file ended the process')
  })
})
