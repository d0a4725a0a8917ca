import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../../connections/postgres.ts'
import { type JobRow, listJobs } from '../../store/read/processes.ts'
import { versionOfTerrace } from '../../version.ts'
import type { InspectEngines } from '../status.ts'

const MAX_PROCESSES = 200

export function engineRoutes(app: FastifyInstance, pool: Pool, inspect: InspectEngines): void {
  app.get('/engines', async () => {
    const states = ['running', 'draining', 'lost']
    const page = { limit: MAX_PROCESSES, offset: 0, orderBy: ['job_type', '-start_date'] }
    const [engines, processes] = await Promise.all([inspect(), listJobs(pool, { states }, page)])
    return {
      version: versionOfTerrace(),
      engines,
      processes: processes.rows.map(processShape),
    }
  })
}

function processShape(job: JobRow) {
  return {
    kind: job.kind,
    hostname: job.hostname,
    pid: job.pid,
    version: job.version,
    // A lease that has run out is not always noted yet.
    state: job.state !== 'lost' && !job.isAlive ? 'lost' : job.state,
    started_at: job.startedAt,
    last_heartbeat: job.lastHeartbeat,
  }
}
