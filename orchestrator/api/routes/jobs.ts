import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { type JobRow, listJobs } from '../../store/read/processes.ts'
import {
  checked,
  date,
  flag,
  pageOf,
  pageParameters,
  range,
  rangeOf,
  text,
} from '../query-schema.ts'

const TYPE_OF_KIND = {
  scheduler: 'SchedulerJob',
  worker: 'WorkerJob',
  dag_processor: 'DagProcessorJob',
  web: 'WebJob',
} as const

const STATE_OF_PROCESS = {
  running: 'running',
  draining: 'running',
  stopped: 'success',
  lost: 'failed',
} as const

const jobsQuery = z.strictObject({
  ...pageParameters(['id']),
  ...range('start_date', date),
  ...range('end_date', date),
  is_alive: flag.optional(),
  job_state: z.enum(['running', 'success', 'failed']).optional(),
  job_type: z.enum(Object.values(TYPE_OF_KIND)).optional(),
  hostname: text.optional(),
})

export function jobRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/jobs', async (request) => {
    const query = checked(jobsQuery, request.query)
    const { rows, total } = await listJobs(
      pool,
      {
        isAlive: query.is_alive,
        kinds: query.job_type && keysWith(TYPE_OF_KIND, query.job_type),
        states: query.job_state && keysWith(STATE_OF_PROCESS, query.job_state),
        hostname: query.hostname,
        startDate: rangeOf(query, 'start_date'),
        endDate: rangeOf(query, 'end_date'),
      },
      pageOf(query),
    )
    return { jobs: rows.map(jobShape), total_entries: total }
  })
}

function jobShape(job: JobRow) {
  return {
    id: job.jobId,
    job_type: TYPE_OF_KIND[job.kind],
    state: STATE_OF_PROCESS[job.state],
    dag_id: null,
    dag_display_name: null,
    start_date: job.startedAt,
    end_date: job.endedAt,
    latest_heartbeat: job.lastHeartbeat,
    executor_class: null,
    hostname: job.hostname,
    unixname: null,
  }
}

function keysWith<Key extends string, Value>(record: Record<Key, Value>, value: Value): Key[] {
  return (Object.keys(record) as Key[]).filter((key) => record[key] === value)
}
