// What a task instance was given, argument by argument, and what it returned.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type Mask, maskJson } from '../../../connections/mask-secrets.ts'
import type { Pool } from '../../../connections/postgres.ts'
import { isOutputReference, resolveArgs } from '../../graph/arguments.ts'
import type { Json } from '../../graph/serialized-dag.ts'
import { listOutputs, readArgs } from '../../store/read/task-io.ts'
import { pathOf } from '../path-schema.ts'
import { checked, integer } from '../query-schema.ts'
import { requireRun } from '../routes/dag-runs.ts'
import { requireInstance } from '../routes/task-instances.ts'
import { TASK } from './paths.ts'

/** More of a value is of no use on a page. */
const LONGEST_VALUE = 100_000

const ioQuery = z.strictObject({ map_index: integer(-1).default(-1) })

export function ioRoutes(app: FastifyInstance, pool: Pool, mask: Mask): void {
  app.get(`${TASK}/io`, async (request) => {
    const { dag_id, dag_run_id, task_id } = pathOf(request, 'dag_id', 'dag_run_id', 'task_id')
    const { map_index } = checked(ioQuery, request.query)
    const [run, instance] = await Promise.all([
      requireRun(pool, dag_id, dag_run_id),
      requireInstance(pool, request, map_index),
    ])
    const { args, inputs } = (await readArgs(pool, instance.versionId, task_id)) ?? NO_ARGS
    const { rows } = await listOutputs(
      pool,
      run.id,
      { taskIds: [...inputs, task_id], key: 'return_value' },
      { limit: inputs.length + 1, offset: 0, orderBy: [] },
    )
    const outputs = new Map(rows.map((row) => [row.taskId, row.value]))
    const output = shorten(maskJson(outputs.get(task_id) ?? null, mask))
    const given = argumentsOf(args).map(([name, value]) => ({
      name,
      from: sourceOf(value),
      ...shorten(maskJson(resolveArgs(value, outputs), mask)),
    }))
    return {
      inputs: given.map(({ name, from, value }) => ({ name, from, value })),
      output: output.value,
      outputs_cut: output.isCut || given.some(({ isCut }) => isCut),
    }
  })
}

const NO_ARGS: { args: Json; inputs: string[] } = { args: {}, inputs: [] }

/** By name; arguments that are no object have none. */
function argumentsOf(args: Json): [name: string, value: Json][] {
  const isNamed = typeof args === 'object' && args !== null && !Array.isArray(args)
  if (!isNamed || isOutputReference(args)) return [['', args]]
  return Object.entries(args)
}

/** The one task whose output is in it; null: none, or several. */
function sourceOf(value: Json): string | null {
  const sources = new Set(referencesIn(value))
  return sources.size === 1 ? [...sources][0]! : null
}

function referencesIn(value: Json): string[] {
  if (isOutputReference(value)) return [value.$output]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(referencesIn)
}

/** A value that is too long becomes the beginning of its text. */
function shorten(value: Json): { value: Json; isCut: boolean } {
  const text = JSON.stringify(value)
  if (text.length <= LONGEST_VALUE) return { value, isCut: false }
  return { value: text.slice(0, LONGEST_VALUE).toWellFormed(), isCut: true }
}
