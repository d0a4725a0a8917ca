import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { type ImportErrorRow, listImportErrors } from '../../store/read/import-errors.ts'
import { ApiError } from '../api-error.ts'
import { pathOf } from '../path-schema.ts'
import { checked, pageOf, pageParameters, text } from '../query-schema.ts'

const importErrorsQuery = z.strictObject({
  ...pageParameters(['id']),
  filename_pattern: text.optional(),
})

export function importErrorRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/importErrors', async (request) => {
    const query = checked(importErrorsQuery, request.query)
    const filter = { filePattern: query.filename_pattern }
    const { rows, total } = await listImportErrors(pool, filter, pageOf(query))
    return { import_errors: rows.map(importErrorShape), total_entries: total }
  })

  app.get('/importErrors/:import_error_id', async (request) => {
    const { import_error_id: id } = pathOf(request, 'import_error_id')
    const { rows } = await listImportErrors(pool, { id }, { limit: 1, offset: 0, orderBy: [] })
    if (!rows[0]) throw ApiError.notFound('ImportError', { import_error_id: id })
    return importErrorShape(rows[0])
  })
}

function importErrorShape(row: ImportErrorRow) {
  return {
    import_error_id: row.id,
    timestamp: row.firstSeenAt,
    filename: row.filePath,
    bundle_name: null,
    stack_trace: row.line === null ? row.message : `line ${row.line}: ${row.message}`,
  }
}
