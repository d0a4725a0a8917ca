import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { setPaused } from '../../store/dags.ts'
import { originOf } from '../auth/login-hook.ts'
import { pathOf } from '../path-schema.ts'
import { checked, list } from '../query-schema.ts'
import { dagShape } from '../shapes/dag-shapes.ts'
import { requireDag } from './dags.ts'

const query = z.strictObject({ update_mask: list(z.enum(['is_paused'])) })
const body = z.strictObject({ is_paused: z.boolean() })

export function dagChangeRoutes(app: FastifyInstance, pool: Pool): void {
  app.patch('/dags/:dag_id', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    checked(query, request.query)
    const { is_paused } = checked(body, request.body, 'body')
    await requireDag(pool, dag_id)
    await setPaused(pool, dag_id, is_paused, originOf(request).actor)
    return dagShape(await requireDag(pool, dag_id))
  })
}
