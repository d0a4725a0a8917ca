// Its second task fails, with markup in the error, until the file that its conf names is there.

import { existsSync } from 'node:fs'
import { defineDag, FailTask, type TaskContext } from '../../../orchestrator/sdk/index.ts'

function work(_: object, { conf }: TaskContext): number {
  if (existsSync(String(conf.mended))) return 2
  throw new FailTask('The file is missing <img src="x" onerror="document.title=\'owned\'">')
}

export default defineDag(
  {
    id: 'fails_once',
    description: 'Fails until it is mended.',
    schedule: null,
    tags: ['browser'],
    params: { mended: '/nowhere' },
  },
  (dag) => {
    const prepare = dag.task('prepare', () => 1)
    const failing = dag.task('work', work).after(prepare)
    dag.task('publish', () => 3).after(failing)
  },
)
