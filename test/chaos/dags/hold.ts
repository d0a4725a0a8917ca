// A task that holds until the test lets its attempt go on, whatever its signal says: it stands for
// user code that does not listen. Each attempt waits for a file of its own, named by its fence.

import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { StaleFenceError } from '../../../connections/warehouse-fence.ts'
import { defineDag, type TaskContext } from '../../../orchestrator/sdk/index.ts'
import { writeEffect } from './_ledger/write-effect.ts'

async function holdAndWrite(_: object, context: TaskContext): Promise<void> {
  const { folder } = context.conf as { folder: string }
  const fence = context.fence.value
  writeFileSync(`${folder}/holds-${fence}`, '')
  while (!existsSync(`${folder}/go-${fence}`)) await delay(20)
  try {
    await writeEffect({ upstreams: [] }, context)
  } catch (error) {
    if (error instanceof StaleFenceError) writeFileSync(`${folder}/refused-${fence}`, '')
    throw error
  }
}

export default defineDag({ id: 'hold', schedule: null }, (dag) => {
  dag.task('hold', holdAndWrite)
})
