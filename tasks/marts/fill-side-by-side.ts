// Spans of days are loaded two at a time: the query of a fact runs on one core of Postgres. The second one
// takes a connection of the pool only when there is one to spare. A load holds the lock of its table on the
// first, and loads that waited for connections while they hold locks could wait for ever.

import type { Pool, PoolClient } from '../../connections/postgres.ts'

/** Calls `fill` once with each span; two calls run side by side, each on its own connection. */
export async function fillSideBySide<Span>(
  { warehouse, claimed }: { warehouse: Pool; claimed: PoolClient },
  spans: readonly Span[],
  signal: AbortSignal,
  fill: (db: PoolClient, span: Span, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const waiting = [...spans]
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const fillWaiting = async (db: PoolClient) => {
    try {
      for (let span = waiting.shift(); span !== undefined; span = waiting.shift()) {
        either.throwIfAborted()
        await fill(db, span, either)
      }
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  const lanes = [fillWaiting(claimed)]
  if (waiting.length > 0 && hasSpare(warehouse)) lanes.push(onOwnConnection(warehouse, fillWaiting))
  const ends = await Promise.allSettled(lanes)
  // The other one has failed only because this one has.
  if (failed.signal.aborted) throw failed.signal.reason
  const end = ends.find((one) => one.status === 'rejected')
  if (end !== undefined) throw end.reason
}

function hasSpare({ waitingCount, idleCount, totalCount, options }: Pool): boolean {
  return waitingCount === 0 && (idleCount > 0 || totalCount < options.max)
}

async function onOwnConnection(
  warehouse: Pool,
  work: (db: PoolClient) => Promise<void>,
): Promise<void> {
  const db = await warehouse.connect()
  let failure: Error | undefined
  try {
    await work(db)
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    // Closed after a failure, which rolls back whatever it was at.
    db.release(failure)
  }
}
