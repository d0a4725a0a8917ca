import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../../connections/postgres.ts'
import { type KindHealth, readHealth } from '../../store/read/processes.ts'
import { versionOfTerrace } from '../../version.ts'

/** What watches an installation has no account. */
const open = { config: { open: true } } as const

export function monitorRoutes(app: FastifyInstance, pool: Pool): void {
  // As Airflow's: always 200 while this process answers, the truth is in the body.
  app.get('/monitor/health', open, async () => {
    let health: KindHealth[] = []
    let metadatabase = 'healthy'
    try {
      health = await readHealth(pool)
    } catch {
      metadatabase = 'unhealthy'
    }
    const of = (kind: KindHealth['kind']) => {
      const found = health.find((one) => one.kind === kind)
      const status = found ? (found.isAlive ? 'healthy' : 'unhealthy') : null
      return { status, heartbeat: found?.lastHeartbeat ?? null }
    }
    const scheduler = of('scheduler')
    const processor = of('dag_processor')
    return {
      metadatabase: { status: metadatabase },
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
