import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { type AssetRow, listAssets } from '../../store/read/assets.ts'
import { ApiError } from '../api-error.ts'
import { pathOf } from '../path-schema.ts'
import { checked, flag, list, pageOf, pageParameters, text } from '../query-schema.ts'

const assetsQuery = z.strictObject({
  ...pageParameters(['id']),
  name_pattern: text.optional(),
  uri_pattern: text.optional(),
  dag_ids: list(text),
  only_active: flag.default(true),
})

export function assetRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/assets', async (request) => {
    const query = checked(assetsQuery, request.query)
    const { rows, total } = await listAssets(
      pool,
      { namePattern: query.name_pattern ?? query.uri_pattern, dagIds: query.dag_ids },
      pageOf(query),
    )
    return { assets: rows.map(assetShape), total_entries: total }
  })

  app.get('/assets/:asset_id', async (request) => {
    const { asset_id: id } = pathOf(request, 'asset_id')
    const { rows } = await listAssets(pool, { id }, { limit: 1, offset: 0, orderBy: [] })
    if (!rows[0]) throw ApiError.notFound('Asset', { asset_id: id })
    return assetShape(rows[0])
  })
}

function assetShape(asset: AssetRow) {
  return {
    id: asset.id,
    name: asset.name,
    uri: asset.name,
    group: 'asset',
    extra: null,
    created_at: asset.createdAt,
    updated_at: asset.createdAt,
    aliases: [],
    watchers: [],
    consuming_tasks: [],
    scheduled_dags: asset.scheduledDags.map(({ dagId, createdAt }) => ({
      dag_id: dagId,
      created_at: createdAt,
      updated_at: createdAt,
    })),
    producing_tasks: asset.producingTasks.map(({ dagId, taskId, createdAt }) => ({
      dag_id: dagId,
      task_id: taskId,
      created_at: createdAt,
      updated_at: createdAt,
    })),
    last_asset_event: asset.lastEvent && {
      id: asset.lastEvent.id,
      timestamp: asset.lastEvent.createdAt,
    },
  }
}
