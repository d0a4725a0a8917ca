// Rebuilds the Data Vault from raw, from its first message on, when the run asks for it: for rules
// that changed, or to prove that the vault follows from raw. Readers go on with the old vault until
// the new one is swapped in whole. It may end at any point and run again.

import { connections } from '../../../connections/index.ts'
import { FailTask, type TaskContext } from '../../../orchestrator/sdk/index.ts'
import { repeatLoads } from './repeat-loads.ts'
import { openShadow } from './shadow.ts'
import { swapVault } from './swap-vault.ts'

export interface RebuildResult {
  isRebuilt: boolean
  countLoads: number
}

export async function rebuildVault(_args: unknown, context: TaskContext): Promise<RebuildResult> {
  if (!readsRebuild(context.conf)) return { isRebuilt: false, countLoads: 0 }
  const { warehouse } = await connections()
  await openShadow(warehouse, context)
  let countLoads = 0
  do {
    countLoads += await repeatLoads(warehouse, context)
  } while (!(await swapVault(warehouse, context)))
  context.log.info(`Rebuilt dds from ${countLoads} loads of raw`)
  return { isRebuilt: true, countLoads }
}

/** @throws FailTask when the conf of the run is none that it knows. */
function readsRebuild(conf: TaskContext['conf']): boolean {
  const unknown = Object.keys(conf).find((key) => key !== 'rebuild')
  if (unknown !== undefined) {
    throw new FailTask(
      `conf: found key ${JSON.stringify(unknown)}, but raw_to_dds knows only "rebuild". ` +
        `Trigger it with --conf '{"rebuild": true}', or without conf.`,
    )
  }
  const { rebuild = false } = conf
  if (typeof rebuild === 'boolean') return rebuild
  throw new FailTask(
    `conf.rebuild: found ${JSON.stringify(rebuild)}, allowed are true and false. dds is always ` +
      'rebuilt as a whole.',
  )
}
