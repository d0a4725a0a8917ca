// Fences in the stores of tasks: an attempt that lost its lease may still be running, and nothing it
// writes after a newer attempt has written may be kept.
//
// Call inside the task's own transaction, before it writes: the row lock makes an older attempt wait
// and then fail. Raised alone, it only keeps older attempts out; an attempt with several transactions
// then shares it in each of them.

import type { Queryable } from './postgres.ts'

export interface Fence {
  readonly taskInstanceId: string
  readonly value: number
}

export class StaleFenceError extends Error {
  override name = 'StaleFenceError'
}

/** @throws StaleFenceError when a newer attempt of the task instance has written already. */
export async function raiseFence(client: Queryable, fence: Fence): Promise<void> {
  const { rowCount } = await client.query(
    `insert into warehouse.fence (task_instance_id, fence)
     values ($1, $2)
     on conflict (task_instance_id) do update
     set fence = excluded.fence, raised_at = now()
     where fence.fence <= excluded.fence`,
    [fence.taskInstanceId, fence.value],
  )
  if (rowCount !== 1) throw staleFence(fence)
}

/**
 * The same for one of several transactions of an attempt at a time, after one of them has raised the
 * fence and committed. A newer attempt waits for all of them.
 * @throws StaleFenceError when a newer attempt of the task instance has raised the fence since.
 */
export async function shareFence(client: Queryable, fence: Fence): Promise<void> {
  const { rowCount } = await client.query(
    'select from warehouse.fence where task_instance_id = $1 and fence = $2 for share',
    [fence.taskInstanceId, fence.value],
  )
  if (rowCount !== 1) throw staleFence(fence)
}

function staleFence(fence: Fence): StaleFenceError {
  return new StaleFenceError(
    `Task instance ${fence.taskInstanceId}: the write carries fence ${fence.value}, but a newer ` +
      'attempt has written already. This attempt lost its lease; its work is dropped.',
  )
}
