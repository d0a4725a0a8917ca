// Why a task instance is not running yet: what Airflow calls its failed dependencies.

import type { Pool } from '../../../connections/postgres.ts'
import type { TaskInstanceRow } from './task-instances.ts'

export interface Blocker {
  name: string
  reason: string
}

/** Empty when nothing holds it back: it runs, has ended, or waits only for a worker. */
export async function blockedBy(pool: Pool, instance: TaskInstanceRow): Promise<Blocker[]> {
  if (
    !['none', 'scheduled', 'up_for_retry', 'up_for_reschedule', 'deferred'].includes(instance.state)
  )
    return []
  const { rows } = await pool.query<{
    isPaused: boolean
    runState: string
    runActive: number
    runLimit: number
    slots: number
    occupied: number
  }>(
    `select d.is_paused as "isPaused", r.state as "runState", r.n_active as "runActive",
            r.max_active_tasks as "runLimit", p.slots, p.occupied_slots as occupied
     from terrace.task_instance t
     join terrace.dag_run r on r.id = t.dag_run_id
     join terrace.dag d on d.dag_id = t.dag_id
     join terrace.pool p on p.name = t.pool
     where t.id = $1`,
    [instance.id],
  )
  const around = rows[0]
  if (!around) return []
  const blockers: Blocker[] = []
  const block = (name: string, reason: string) => blockers.push({ name, reason })
  if (around.isPaused) block('Dag Not Paused', `Dag '${instance.dagId}' is paused.`)
  if (around.runState !== 'running') {
    block('Dagrun Running', `The run is in the state '${around.runState}', not 'running'.`)
  }
  if (instance.state === 'none') {
    const ended =
      instance.nSuccess +
      instance.nFailed +
      instance.nSkipped +
      instance.nUpstreamFailed +
      instance.nRemoved
    if (instance.nUpstream > ended) {
      block(
        'Trigger Rule',
        `Trigger rule '${instance.triggerRule}': ${ended} of ${instance.nUpstream} upstream tasks have ended (${instance.nSuccess} success, ${instance.nFailed} failed, ${instance.nSkipped} skipped, ${instance.nUpstreamFailed} upstream_failed).`,
      )
    }
  }
  if (instance.dueAt && instance.state !== 'none' && instance.state !== 'scheduled') {
    block('Not In Retry Period', `It is due at ${instance.dueAt.toISOString()}.`)
  }
  if (instance.state === 'scheduled') {
    if (instance.poolSlots > around.slots) {
      block(
        'Pool Slots Available',
        `The pool '${instance.pool}' has ${around.slots} slots in all, and the task needs ${instance.poolSlots}: it starts once the pool is larger (terrace pools set ${instance.pool} ${instance.poolSlots}).`,
      )
    } else if (around.occupied + instance.poolSlots > around.slots) {
      block(
        'Pool Slots Available',
        `The pool '${instance.pool}' has ${Math.max(0, around.slots - around.occupied)} of ${around.slots} slots open, and it needs ${instance.poolSlots}.`,
      )
    }
    if (around.runActive >= around.runLimit) {
      block(
        'Task Concurrency',
        `The run has ${around.runActive} active tasks, and its limit is ${around.runLimit}.`,
      )
    }
  }
  return blockers
}
