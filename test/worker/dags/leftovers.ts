// What tasks may leave behind when they end, and tasks that would meet it.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'
import { openPostgres, type Pool } from '../../../connections/postgres.ts'
import { defineDag } from '../../../orchestrator/sdk/index.ts'

const acts: Record<string, () => void> = {
  throws() {
    throw new Error('a late error')
  },
  rejects() {
    void Promise.reject(new Error('a late rejection'))
  },
  exits() {
    process.exit(3)
  },
  loops() {
    for (;;);
  },
}

/** Acts when it is told to, long after its attempt has ended. */
export const leaves = defineDag({ id: 'leaves', schedule: null }, (dag) => {
  dag.task('leaves', (_: unknown, { conf, log }) => {
    const folder = String(conf.folder)
    const timer = setInterval(() => {
      if (!existsSync(join(folder, 'go'))) return
      clearInterval(timer)
      console.log('a late line')
      log.info('another')
      writeFileSync(join(folder, 'acts'), '')
      acts[String(conf.act)]!()
    }, 5)
    if (conf.hidden === 'yes') timer.unref()
    return 'ended'
  })
})

/** Lets what was left behind act, and goes on when it has. */
export const meets = defineDag({ id: 'meets', schedule: null }, (dag) => {
  dag.task('meets', async (_: unknown, { conf }) => {
    const folder = String(conf.folder)
    writeFileSync(join(folder, 'go'), '')
    while (!existsSync(join(folder, 'acts'))) await delay(5)
    await delay(20)
    console.log('met')
    return 'done'
  })
})

export const changes = defineDag({ id: 'changes', schedule: null }, (dag) => {
  dag.task('changes', () => {
    process.env.LEFT_BEHIND = 'yes'
    delete process.env.PATH
    process.on('exit', () => {})
    process.on('warning', () => {})
    process.exitCode = 9
    process.stdout.write = () => true
    return null
  })
})

export const changesGlobals = defineDag({ id: 'changes_globals', schedule: null }, (dag) => {
  dag.task('changes', () => {
    Object.assign(globalThis, { leftBehind: 'yes' })
    console.log = () => {}
    return null
  })
})

export const looks = defineDag({ id: 'looks', schedule: null }, (dag) => {
  dag.task('looks', () => {
    console.log('a line')
    return {
      env: process.env.LEFT_BEHIND ?? null,
      hasPath: process.env.PATH !== undefined,
      warningListeners: process.listenerCount('warning'),
      exitListeners: process.listenerCount('exit'),
      exitCode: process.exitCode ?? null,
      hasGlobal: 'leftBehind' in globalThis,
    }
  })
})

/** Catches its own error where nothing else can. */
export const own = defineDag({ id: 'own_listener', schedule: null }, (dag) => {
  dag.task('catches', () => {
    return new Promise<string>((resolve) => {
      process.once('uncaughtException', (error) => resolve(error.message))
      setTimeout(() => {
        throw new Error('caught by its own')
      })
    })
  })
})

let pool: Pool | undefined

/** Keeps a pool of idle connections from one attempt to the next, and says where it runs. */
export const keepsPool = defineDag({ id: 'keeps_pool', schedule: null }, (dag) => {
  dag.task('asks', async (_: unknown, { conf }) => {
    pool ??= openPostgres(String(conf.url), { allowExitOnIdle: true })
    await pool.query('select 1')
    return { threadId, total: pool.totalCount }
  })
})
