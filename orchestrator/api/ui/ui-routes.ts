// What the page reads beside Airflow's API: lists made for its views, streams of events, and the
// project's own layers and questions.

import type { FastifyInstance } from 'fastify'
import type { Mask } from '../../../connections/mask-secrets.ts'
import type { Pool } from '../../../connections/postgres.ts'
import { readMarks } from '../../store/read/changes.ts'
import type { InspectEngines } from '../status.ts'
import { alertRoutes } from './alerts.ts'
import { changeEventRoutes } from './change-events.ts'
import { ChangeFeed } from './change-feed.ts'
import { dagListRoutes } from './dags.ts'
import { engineRoutes } from './engines.ts'
import { EventStreams } from './event-stream.ts'
import { graphRoutes } from './graph.ts'
import { gridRoutes } from './grid.ts'
import { ioRoutes } from './io.ts'
import { layerRoutes } from './layers.ts'
import { logEventRoutes } from './log-events.ts'
import type { ProjectReads } from './project-reads.ts'
import { questionRoutes } from './questions.ts'
import { runRoutes } from './run.ts'

const LOOK_EVERY_MS = 500

export interface UiOptions {
  pool: Pool
  inspect: InspectEngines
  project: ProjectReads | undefined
  mask: Mask
  onError: (error: unknown) => void
}

export function uiRoutes(app: FastifyInstance, options: UiOptions): void {
  const { pool, inspect, project, mask, onError } = options
  const streams = new EventStreams(app, { pool, onError })
  const feed = new ChangeFeed({
    readMarks: () => readMarks(pool),
    everyMs: LOOK_EVERY_MS,
    onError,
  })
  changeEventRoutes(app, { feed, streams })
  logEventRoutes(app, { pool, streams, onError })
  dagListRoutes(app, pool)
  graphRoutes(app, pool)
  gridRoutes(app, pool)
  runRoutes(app, pool)
  ioRoutes(app, pool, mask)
  engineRoutes(app, pool, inspect)
  alertRoutes(app, pool)
  layerRoutes(app, project)
  questionRoutes(app, project)
}
