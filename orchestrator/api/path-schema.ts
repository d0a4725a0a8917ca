// Ids in paths. `~` in the place of a DAG or a run means any.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { checked, integer, text } from './query-schema.ts'

const id = text.min(1).max(250)

const PARAMETERS = {
  dag_id: id,
  dag_run_id: id,
  task_id: id,
  map_index: integer(-1),
  try_number: integer(0),
  task_try_number: integer(0),
  version_number: integer(1),
  pool_name: id,
  import_error_id: integer(0),
  asset_id: integer(0),
  event_log_id: integer(0),
  xcom_key: id,
  question_id: id,
  token: id,
}

type Name = keyof typeof PARAMETERS

/** The named parameters of the path, checked. */
export function pathOf<Names extends Name>(
  request: FastifyRequest,
  ...names: Names[]
): { [Key in Names]: z.output<(typeof PARAMETERS)[Key]> } {
  const shape = Object.fromEntries(names.map((name) => [name, PARAMETERS[name]]))
  return checked(z.object(shape), request.params, 'path') as {
    [Key in Names]: z.output<(typeof PARAMETERS)[Key]>
  }
}

/** undefined for the wildcard. */
export function unlessAny(value: string): string | undefined {
  return value === '~' ? undefined : value
}
