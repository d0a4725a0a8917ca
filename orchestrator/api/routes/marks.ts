// What a person decides about tasks and runs: success, failed, skipped. The answer shows the state that
// was decided. A task whose code still runs is read as running until the code has stopped.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import {
  markRun,
  markTasks,
  noteRun,
  noteTask,
  RUN_MARKS,
  requeueRun,
  TASK_MARKS,
  type TaskMark,
} from '../../store/marks.ts'
import { unknownTaskIds } from '../../store/read/dags.ts'
import { listTaskInstances, readTaskInstance } from '../../store/read/task-instances.ts'
import type { SelectedTask } from '../../store/task-selection.ts'
import { ApiError } from '../api-error.ts'
import { originOf } from '../auth/login-hook.ts'
import { note } from '../body-schema.ts'
import { pathOf } from '../path-schema.ts'
import { checked, integer, list, text } from '../query-schema.ts'
import { runShape, taskInstanceShape } from '../shapes/run-shapes.ts'
import { requireRun } from './dag-runs.ts'
import { TASK_INSTANCE } from './task-instances.ts'

/** As many as a list has on a page; `total_entries` counts all. */
const MAX_SHOWN = 1_000
const MAX_ENTITIES = 1_000

const RUN = '/dags/:dag_id/dagRuns/:dag_run_id'

const changes = {
  new_state: z.enum(TASK_MARKS).nullish(),
  note: note.nullish(),
  include_upstream: z.boolean().default(false),
  include_downstream: z.boolean().default(false),
  include_future: z.boolean().default(false),
  include_past: z.boolean().default(false),
}
const taskBody = z.strictObject(changes)
const taskQuery = z.strictObject({
  map_index: integer(-1).optional(),
  update_mask: list(z.enum(['new_state', 'note'])),
})
type TaskChange = z.output<typeof taskBody>

const runBody = z.strictObject({
  state: z.enum(['queued', ...RUN_MARKS]).nullish(),
  note: note.nullish(),
})
const runQuery = z.strictObject({ update_mask: list(z.enum(['state', 'note'])) })

const bulkBody = z.strictObject({
  actions: z
    .array(
      z.strictObject({
        action: z.literal('update', { error: 'only "update" is supported' }),
        action_on_non_existence: z.enum(['fail', 'skip']).default('fail'),
        update_mask: z.array(z.enum(['new_state', 'note'])).nullish(),
        entities: z
          .array(
            z.strictObject({
              ...changes,
              task_id: text.min(1).max(250),
              dag_id: text.min(1).max(250).nullish(),
              dag_run_id: text.min(1).max(250).nullish(),
              map_index: z.number().int().min(-1).nullish(),
            }),
          )
          .max(MAX_ENTITIES),
      }),
    )
    .max(MAX_ENTITIES),
})

interface Task {
  dagId: string
  runId: string
  taskId: string
  mapIndex: number | null
}

export function markRoutes(app: FastifyInstance, pool: Pool): void {
  app.patch(RUN, async (request) => {
    const { dag_id: dagId, dag_run_id: runId } = pathOf(request, 'dag_id', 'dag_run_id')
    const { update_mask } = checked(runQuery, request.query)
    const { state, note } = masked(checked(runBody, request.body, 'body'), update_mask)
    await requireRun(pool, dagId, runId)
    const { actor } = originOf(request)
    if (state === 'queued') await requeueRun(pool, { dagId, runId, actor })
    else if (state) await markRun(pool, { dagId, runId, state, actor })
    if (note !== undefined) await noteRun(pool, { dagId, runId, note, actor })
    const run = runShape(await requireRun(pool, dagId, runId))
    return state && state !== 'queued' ? { ...run, state } : run
  })

  app.patch(`${RUN}/taskInstances`, async (request) => {
    const { dag_id, dag_run_id } = pathOf(request, 'dag_id', 'dag_run_id')
    const { actions } = checked(bulkBody, request.body, 'body')
    const update: { success: string[]; errors: { error: string; status_code: number }[] } = {
      success: [],
      errors: [],
    }
    for (const { entities, action_on_non_existence, update_mask } of actions) {
      for (const { task_id, map_index, dag_id: dagId, dag_run_id: runId, ...entity } of entities) {
        const task = {
          dagId: dagId ?? dag_id,
          runId: runId ?? dag_run_id,
          taskId: task_id,
          mapIndex: map_index ?? null,
        }
        const key = `${task.dagId}.${task.runId}.${task_id}[${map_index ?? -1}]`
        try {
          await change(pool, request, task, masked(entity, update_mask ?? undefined), false)
          update.success.push(key)
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          if (error.status === 404 && action_on_non_existence === 'skip') continue
          update.errors.push({ error: `${key}: ${error.message}`, status_code: error.status })
        }
      }
    }
    return { create: null, update, delete: null }
  })

  // Every route of one instance stands twice: with the map index in the path, and as a parameter.
  for (const path of [TASK_INSTANCE, `${TASK_INSTANCE}/:map_index`]) {
    for (const dryRun of [false, true]) {
      app.patch(dryRun ? `${path}/dry_run` : path, async (request) => {
        const query = checked(taskQuery, {
          ...(request.query as Record<string, string>),
          ...mapIndexOfPath(request),
        })
        const { dag_id, dag_run_id, task_id } = pathOf(request, 'dag_id', 'dag_run_id', 'task_id')
        const task = {
          dagId: dag_id,
          runId: dag_run_id,
          taskId: task_id,
          mapIndex: query.map_index ?? null,
        }
        const body = masked(checked(taskBody, request.body, 'body'), query.update_mask)
        return instancesOf(pool, await change(pool, request, task, body, dryRun), {
          ...(!dryRun && body.new_state && { state: body.new_state }),
        })
      })
    }
  }
}

/** @returns the task instances that are concerned. @throws ApiError when there are none */
async function change(
  pool: Pool,
  request: FastifyRequest,
  task: Task,
  { new_state: state, note, ...include }: TaskChange,
  dryRun: boolean,
): Promise<Pick<SelectedTask, 'taskInstanceId'>[]> {
  const { dagId, runId, taskId, mapIndex } = task
  await requireRun(pool, dagId, runId)
  const [unknown] = await unknownTaskIds(pool, dagId, [taskId])
  const key = { dagId, runId, taskId, ...(mapIndex !== null && { mapIndex }) }
  const instance = unknown === undefined ? await readTaskInstance(pool, key) : null
  if (!instance) {
    const named = { dag_id: dagId, run_id: runId, task_id: taskId }
    throw ApiError.notFound('Task Instance', {
      ...named,
      ...(mapIndex !== null && { map_index: mapIndex }),
    })
  }
  const { actor } = originOf(request)
  let concerned: Pick<SelectedTask, 'taskInstanceId'>[] = [{ taskInstanceId: instance.id }]
  if (state) {
    concerned = await markTasks(pool, {
      ...task,
      state,
      upstream: include.include_upstream,
      downstream: include.include_downstream,
      future: include.include_future,
      past: include.include_past,
      dryRun,
      actor,
    })
    if (concerned.length === 0 && !dryRun && note === undefined) throw alreadyThere(taskId, state)
  }
  if (note !== undefined && !dryRun)
    await noteTask(pool, { taskInstanceId: instance.id, dagId, runId, taskId }, note, actor)
  return concerned
}

/** In Airflow's words. */
function alreadyThere(taskId: string, state: TaskMark): ApiError {
  return ApiError.conflict(
    'Already in this state',
    `Task id ${taskId} is already in ${state} state`,
  )
}

/** What the mask leaves of a body; all of it without one. */
function masked<Body extends object>(body: Body, mask: readonly string[] | undefined): Body {
  if (mask === undefined) return body
  const isMasked = (field: string) => ['state', 'new_state', 'note'].includes(field)
  return Object.fromEntries(
    Object.entries(body).filter(([field]) => !isMasked(field) || mask.includes(field)),
  ) as Body
}

function mapIndexOfPath({ params }: FastifyRequest): { map_index?: string } {
  const { map_index } = params as { map_index?: string }
  return map_index === undefined ? {} : { map_index }
}

async function instancesOf(
  pool: Pool,
  concerned: readonly Pick<SelectedTask, 'taskInstanceId'>[],
  decided: { state?: TaskMark },
) {
  const ids = concerned.slice(0, MAX_SHOWN).map((task) => task.taskInstanceId)
  const { rows } = await listTaskInstances(
    pool,
    { ids },
    { limit: MAX_SHOWN, offset: 0, orderBy: ['run_after', 'run_id', 'position', 'map_index'] },
  )
  return {
    task_instances: rows.map((row) => ({ ...taskInstanceShape(row), ...decided })),
    total_entries: concerned.length,
  }
}
