import type { FastifyInstance } from 'fastify'
import { probeSpace } from '../../../connections/database-space.ts'
import type { Pool } from '../../../connections/postgres.ts'
import { type KindHealth, readHealth } from '../../store/read/processes.ts'
import { versionOfTerrace } from '../../version.ts'
import { apiErrorOf } from '../api-error.ts'

/** What watches an installation has no account. */
const open = { config: { open: true } } as const

const SPACE_KEPT_MS = 10_000

export function monitorRoutes(app: FastifyInstance, pool: Pool): void {
  // Anybody may ask, as often as they like.
  let kept: { at: number; found: Promise<void> } | undefined
  const space = () => {
    if (!kept || performance.now() - kept.at > SPACE_KEPT_MS) {
      kept = { at: performance.now(), found: probeSpace(pool) }
    }
    return kept.found
  }

  // As Airflow's: always 200 while this process answers, the truth is in the body.
  app.get('/monitor/health', open, async () => {
    let health: KindHealth[] = []
    let problem: string | null = null
    try {
      health = await readHealth(pool)
      await space()
    } catch (error) {
      problem = apiErrorOf(error).message
    }
    const of = (kind: KindHealth['kind']) => {
      const found = health.find((one) => one.kind === kind)
      const status = found ? (found.isAlive ? 'healthy' : 'unhealthy') : null
      return { status, heartbeat: found?.lastHeartbeat ?? null }
    }
    const scheduler = of('scheduler')
    const processor = of('dag_processor')
    return {
      metadatabase: problem === null ? { status: 'healthy' } : { status: 'unhealthy', problem },
      scheduler: {
        status: scheduler.status ?? 'unhealthy',
        latest_scheduler_heartbeat: scheduler.heartbeat,
      },
      triggerer: { status: null, latest_triggerer_heartbeat: null },
      dag_processor: {
        status: processor.status,
        latest_dag_processor_heartbeat: processor.heartbeat,
      },
    }
  })

  app.get('/version', open, async () => ({
    version: versionOfTerrace(),
    git_version: null,
  }))
}
