// What `dags list-import-errors` says while the scheduler still reads the DAG folder.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrateQueue } from '../../orchestrator/queue/index.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type Installation, installation } from '../support/processes.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'
import { until } from '../support/until.ts'

const LIMIT = 120_000
const PATIENCE = { withinMs: 60_000 }

let database: FreshDatabase
let project: ProjectFolder
let place: Installation
beforeAll(async () => {
  database = await freshDatabase({
    template: {
      name: 'metadata and queue',
      async build(url) {
        await migrateMetadata(url)
        await migrateQueue(url)
      },
    },
  })
  project = projectFolder({ 'package.json': '{ "type": "module" }' })
  project.write(
    'dags/slow.ts',
    `import { existsSync } from 'node:fs'
     import { setTimeout as delay } from 'node:timers/promises'
     while (!existsSync(${JSON.stringify(join(project.path, 'go'))})) await delay(20)
     throw new Error('loaded at last')`,
  )
  place = await installation({
    DATABASE_URL: database.url,
    CLICKHOUSE_URL: 'http://127.0.0.1:9',
    TERRACE_DAGS_FOLDER: join(project.path, 'dags'),
  })
}, LIMIT)
afterAll(async () => {
  await place?.close()
  project?.remove()
  await database?.drop()
}, LIMIT)

const list = () => place.run('dags', 'list-import-errors')

test(
  'Files that are still being loaded are said beside the errors, and then no more',
  async () => {
    expect((await list()).stderr).toContain('No scheduler runs')
    const scheduler = await place.start('scheduler')
    expect(await list()).toMatchObject({
      code: 0,
      stdout: 'No data found\n',
      stderr: expect.stringMatching(
        /(only begun to read|1 DAG file is still).*may be missing here/,
      ),
    })
    await until(
      'it is the file that is waited for',
      async () => (await list()).stderr.includes('1 DAG file is still being loaded'),
      PATIENCE,
    )
    project.write('go', '')
    const whole = await until(
      'all files are loaded',
      async () => {
        const ran = await list()
        return ran.stderr === '' && ran
      },
      PATIENCE,
    )
    expect(whole).toMatchObject({ code: 1, stdout: expect.stringContaining('loaded at last') })
    await scheduler.stop()
  },
  LIMIT,
)
