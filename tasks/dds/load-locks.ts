// Loads of several topics go to one vault side by side. Two things are done by one of them at a time.

import type { Queryable } from '../../connections/postgres.ts'

/**
 * Until the transaction ends, nobody else judges messages of the sources that stand in incoming: which of
 * two messages with one id is the event, and whether an order was closed, is known of those before.
 */
export async function holdJudging(db: Queryable): Promise<void> {
  await db.query(
    `select pg_advisory_xact_lock(hashtext('terrace dds judging'), hashtext(source))
     from (
       select distinct source from incoming where source is not null order by source
     ) as sources`,
  )
}

/**
 * Until the transaction ends, no other load finishes. The days that a load reopens depend on what is in the
 * marts, or on its way there: of two that finished at once, neither would know the other.
 */
export async function holdFinishing(db: Queryable): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtext('terrace dds finishing'), 0)`)
}
