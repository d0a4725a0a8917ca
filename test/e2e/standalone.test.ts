// The whole thing as a newcomer starts it: one command, every layer, a failure mended by hand, broken
// files beside good ones, an end that leaves nothing behind, and a second start on the same data.
// The tests are steps of one story and follow one another.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEngineFile } from '../../connections/engines/engine-file.ts'
import { type LayerCounts, type Layers, openLayers } from '../support/layers.ts'
import { type Installation, installation, type RoleUnderTest } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { type DagFolder, dagFolder, OUR_DAGS } from './dag-folder.ts'

const LIMIT = 240_000
const PATIENCE = { withinMs: 150_000 }

const FLAKY = (mended: string) => `
import { existsSync } from 'node:fs'
import { defineDag } from SDK
export default defineDag({ id: 'flaky', schedule: null }, (dag) => {
  const before = dag.task('before', () => 1)
  const work = dag.task('work', (_, { log }) => {
    log.info('looking')
    if (!existsSync(${JSON.stringify(mended)})) throw new Error('the file is missing')
    return 2
  }).after(before)
  dag.task('after_work', () => 3).after(work)
})
`

const BROKEN: Record<string, string> = {
  'bad_syntax.ts': `import { defineDag } from SDK
export default defineDag({ id: 'bad_syntax', schedule: null }, (dag) => {
  dag.task('a', () => 1
})
`,
  'bad_cron.ts': `import { cron, defineDag } from SDK
export default defineDag({ id: 'bad_cron', schedule: cron('61 * * * *') }, (dag) => {
  dag.task('a', () => 1)
})
`,
  'cycle.ts': `import { defineDag } from SDK
export default defineDag({ id: 'cycle', schedule: null }, (dag) => {
  const a = dag.task('a', () => 1)
  const b = dag.task('b', () => 1).after(a)
  a.after(b)
})
`,
  // Waits out the parser's time limit of 30 s.
  ...(process.env.TERRACE_LONG && {
    'endless.ts': `import { defineDag } from SDK
for (;;) {}
export default defineDag({ id: 'endless', schedule: null }, () => {})
`,
  }),
}

let place: Installation
let dags: DagFolder
let folder: string
let standalone: RoleUnderTest
let layers: Layers
let before: LayerCounts

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-test-e2e-'))
  dags = dagFolder(join(folder, 'dags'))
  dags.write('flaky.ts', FLAKY(join(folder, 'mended')))
  place = await installation({ TERRACE_DAGS_FOLDER: dags.path })
}, LIMIT)
afterAll(async () => {
  await layers?.close()
  await place?.close()
  rmSync(folder, { recursive: true, force: true })
}, LIMIT)

async function start(): Promise<void> {
  standalone = await place.start('standalone')
  layers = openLayers(readEngineFile(place.home)!.addresses)
}

/** No new events: what is in the log comes through, and nothing moves any more. */
async function quiet(): Promise<void> {
  expect(await place.run('dags', 'pause', 'generate_events')).toMatchObject({ code: 0 })
  await layers.quiet()
}

async function json(...args: string[]) {
  const { code, stdout, stderr } = await place.run(...args, '-o', 'json')
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`terrace ${args.join(' ')} (exit code ${code}): ${stdout}${stderr}`)
  }
}

async function state(runId: string): Promise<string> {
  const { rows } = await layers.metadata.query(
    `select state from terrace.dag_run where dag_id = 'flaky' and run_id = $1`,
    [runId],
  )
  return rows[0]?.state
}

describe('standalone', () => {
  test(
    'fills every layer, and the first runs are green',
    async () => {
      await start()
      const filled = await until(
        'every layer has rows',
        async () => {
          const counts = await layers.counts()
          return Object.values(counts).every((n) => n > 0) && counts
        },
        PATIENCE,
      )
      expect(filled.marts).toBeLessThanOrEqual(filled.facts)
      await quiet()
      const { rows } = await layers.metadata.query(
        `select dag_id, array_agg(distinct state::text) as states from terrace.dag_run group by dag_id`,
      )
      expect(rows.map((row) => row.dag_id).sort()).toEqual(OUR_DAGS.toSorted())
      expect(rows.flatMap((row) => row.states)).toEqual(OUR_DAGS.map(() => 'success'))
      // A retry of a first run would hold the stream up for as long as its delay. Without a key,
      // nothing wakes the live enrichment, which is a task that skips itself.
      const { rows: retried } = await layers.metadata.query(
        `select t.dag_id, t.task_id, a.outcome, a.error from terrace.task_attempt a
         join terrace.task_instance t on t.id = a.task_instance_id where a.outcome not in ('success', 'skipped')`,
      )
      expect(retried).toEqual([])
      await layers.expectSetsEqual()
    },
    LIMIT,
  )

  test(
    'logs in to Postgres as no superuser',
    async () => {
      const { rows } = await layers.metadata.query(
        `select usename, array_agg(distinct application_name order by application_name) as programs
         from pg_stat_activity join pg_roles on rolname = usename
         where datname = current_database() and pid <> pg_backend_pid()
           and (not rolsuper or application_name <> 'terrace')
         group by usename order by usename`,
      )
      expect(rows.map((row) => row.usename)).toContain('terrace_metadata')
      expect(rows.map((row) => row.usename)).not.toContain('terrace')
      const { rows: landed } = await layers.metadata.query(
        `select pg_get_userbyid(relowner) as owner from pg_class where oid = 'dds.nl_event'::regclass`,
      )
      expect(landed).toEqual([{ owner: 'terrace_dds' }])
    },
    LIMIT,
  )

  test(
    'shows the mart on the command line',
    async () => {
      const rows = await json('sql', 'marts', 'select * from active_users_7d')
      expect(rows.length).toBeGreaterThan(0)
      expect(Number(rows[0].active_users_7d)).toBeGreaterThan(0)
    },
    LIMIT,
  )

  test(
    'runs a failed task and what follows again when it is cleared, and keeps every attempt',
    async () => {
      const { code, stderr } = await place.run('dags', 'trigger', 'flaky', '-r', 'first')
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
      await until('the run has failed', async () => (await state('first')) === 'failed', PATIENCE)
      writeFileSync(join(folder, 'mended'), '')
      const cleared = await place.run(
        ...['tasks', 'clear', 'flaky', '-t', '^work$', '--run-id', 'first', '-d', '-y'],
      )
      expect(cleared.stderr).toContain('Cleared 2 task instances')
      await until('the run is green', async () => (await state('first')) === 'success', PATIENCE)
      const { rows } = await layers.metadata.query(
        `select t.task_id, t.state, t.try_number,
           (select array_agg(a.outcome::text order by a.fence) from terrace.task_attempt a
            where a.task_instance_id = t.id) as outcomes,
           (select array_agg(distinct l.try_number order by l.try_number) from terrace.task_log l
            where l.task_instance_id = t.id and l.message = 'looking') as logs
         from terrace.task_instance t where t.dag_id = 'flaky' order by t.task_id`,
      )
      expect(rows).toEqual([
        {
          task_id: 'after_work',
          state: 'success',
          try_number: 1,
          outcomes: ['success'],
          logs: null,
        },
        { task_id: 'before', state: 'success', try_number: 1, outcomes: ['success'], logs: null },
        {
          task_id: 'work',
          state: 'success',
          try_number: 2,
          outcomes: ['failed', 'success'],
          logs: [1, 2],
        },
      ])
    },
    LIMIT,
  )

  test(
    'lists DAG files that do not load, with file, line and cause, and goes on with the others',
    async () => {
      for (const [name, text] of Object.entries(BROKEN)) dags.write(name, text)
      const errors = await until(
        'all are listed',
        async () => {
          const { rows } = await layers.metadata.query(
            'select file_path, line, message from terrace.import_error order by file_path',
          )
          return rows.length === Object.keys(BROKEN).length && rows
        },
        PATIENCE,
      )
      expect(errors.map((row) => row.file_path)).toEqual(Object.keys(BROKEN).toSorted())
      const listed: { filepath: string; line: number | null; error: string }[] = await json(
        ...['dags', 'list-import-errors'],
      )
      const byFile = new Map(listed.map((row) => [row.filepath, row]))
      expect(byFile.get('bad_syntax.ts')).toMatchObject({ line: 4 })
      expect(byFile.get('bad_cron.ts')).toMatchObject({ line: 2 })
      expect(byFile.get('bad_cron.ts')?.error).toMatch(/61/)
      expect(byFile.get('cycle.ts')?.error).toMatch(/cycle/i)
      expect(byFile.get('cycle.ts')?.error).toMatch(/a → b|b → a/)
      if (process.env.TERRACE_LONG) {
        expect(byFile.get('endless.ts')?.error).toMatch(/not loaded within .* endless loop/)
      }
      const good = await place.run('dags', 'trigger', 'flaky', '-r', 'second', '--wait')
      expect(good).toMatchObject({ code: 0 })
      for (const name of Object.keys(BROKEN)) rmSync(join(dags.path, name))
    },
    LIMIT,
  )

  test(
    'leaves no process behind on SIGINT',
    async () => {
      before = await layers.counts()
      await layers.close()
      standalone.signal('SIGINT')
      expect(await standalone.ended).toEqual({ code: 0, signal: null })
      expect(standalone.output()).toContain('Stopped.')
      expect(place.alive()).toEqual([])
    },
    LIMIT,
  )

  test(
    'goes on with the same data at the second start',
    async () => {
      await start()
      const atStart = await layers.counts()
      expect(atStart.raw).toBeGreaterThanOrEqual(before.raw)
      expect(atStart.facts).toBeGreaterThanOrEqual(before.facts)
      // A minute that no scheduled run has sent: its events are new.
      for (const args of [
        ['dags', 'unpause', 'generate_events'],
        ['dags', 'trigger', 'generate_events', '-l', '2026-03-01T00:00Z'],
      ]) {
        expect(await place.run(...args)).toMatchObject({ code: 0 })
      }
      await until(
        'there are more rows',
        async () => {
          const now = await layers.counts()
          return now.raw > atStart.raw && now.facts > before.facts
        },
        PATIENCE,
      )
      await quiet()
      await layers.expectSetsEqual()
      standalone.signal('SIGINT')
      expect(await standalone.ended).toEqual({ code: 0, signal: null })
      expect(place.alive()).toEqual([])
    },
    LIMIT,
  )
})
