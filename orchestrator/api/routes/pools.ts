import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { listPools, type PoolRow } from '../../store/read/pools.ts'
import { ApiError } from '../api-error.ts'
import { pathOf } from '../path-schema.ts'
import { checked, pageOf, pageParameters, text } from '../query-schema.ts'

const poolsQuery = z.strictObject({
  ...pageParameters(['id']),
  pool_name_pattern: text.optional(),
})

export function poolRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/pools', async (request) => {
    const query = checked(poolsQuery, request.query)
    const filter = { namePattern: query.pool_name_pattern }
    const { rows, total } = await listPools(pool, filter, pageOf(query))
    return { pools: rows.map(poolShape), total_entries: total }
  })

  app.get('/pools/:pool_name', async (request) => {
    const { pool_name: name } = pathOf(request, 'pool_name')
    const { rows } = await listPools(pool, { name }, { limit: 1, offset: 0, orderBy: [] })
    if (!rows[0]) throw ApiError.notFound('Pool', { name })
    return poolShape(rows[0])
  })
}

function poolShape(row: PoolRow) {
  return {
    name: row.name,
    slots: row.slots,
    description: row.description,
    include_deferred: false,
    team_name: null,
    occupied_slots: row.occupiedSlots,
    open_slots: row.slots - row.occupiedSlots,
    running_slots: row.runningSlots,
    queued_slots: row.queuedSlots,
    scheduled_slots: row.scheduledSlots,
    deferred_slots: row.deferredSlots,
  }
}
