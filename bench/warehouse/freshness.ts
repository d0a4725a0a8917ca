// B7: how long after it was sent an event stands in fct_event, through a whole standalone: generator,
// watcher, scheduler, worker, embedded engines. The log says when it took an event, the watermark of
// the fact when its batch was there.

import { setTimeout as delay } from 'node:timers/promises'
import { readEngineFile } from '../../connections/engines/engine-file.ts'
import { freePort } from '../../connections/engines/ports.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { startRole } from '../roles.ts'
import { percentile, type Samples } from '../samples.ts'
import { removeHome, temporaryHome } from '../servers.ts'

const MINUTES = 4
/** Batches follow each other more slowly than this. */
const LOOK_EVERY_MS = 200
const PATIENCE_MS = 120_000

export async function measureFreshness(samples: Samples, minutes = MINUTES): Promise<void> {
  const home = temporaryHome()
  const standalone = await startRole(['standalone'], {
    PATH: process.env.PATH,
    TERRACE_HOME: home,
    TERRACE_POSTGRES_PORT: '0',
    TERRACE_CLICKHOUSE_PORT: '0',
    TERRACE_WEB_PORT: `${await freePort()}`,
    // BENCH_HISTORY_DAYS=14: while the past of the shop arrives as well.
    SHOP_HISTORY_DAYS: process.env.BENCH_HISTORY_DAYS ?? '0.25',
  })
  const pool = openPostgres(readEngineFile(home)!.addresses.warehouseUrl, { max: 2 })
  try {
    const seconds = await watch(pool, minutes)
    samples.add('b7_freshness', 'postgres', 'terrace', percentile(seconds, 0.95))
    samples.add('b7_freshness_median', 'postgres', 'terrace', percentile(seconds, 0.5))
  } catch (cause) {
    throw new Error(`Standalone printed:\n${standalone.output()}`, { cause })
  } finally {
    await pool.end()
    await standalone.stop()
    removeHome(home)
  }
}

/** Seconds from the log to the fact, of each event of these minutes. */
async function watch(pool: Pool, minutes: number): Promise<number[]> {
  // What is sent while it starts waits for that, too: the first whole minute begins afterwards.
  const from = Math.ceil(Date.now() / 60_000) * 60_000
  const until = from + minutes * 60_000
  const loadedAt = new Map<string, Date>()
  for (;;) {
    await delay(LOOK_EVERY_MS)
    const { rows } = await pool.query<{ batch_id: string; moved_at: Date }>(
      `select batch_id, moved_at from dds.mart_watermark where target = 'fct_event'`,
    )
    for (const row of rows)
      if (!loadedAt.has(row.batch_id)) loadedAt.set(row.batch_id, row.moved_at)
    if (Date.now() < until) continue
    const { countWaiting, seconds } = await delays(pool, from, until, loadedAt)
    if (countWaiting === 0 && seconds.length > 0) return seconds
    if (Date.now() > until + PATIENCE_MS)
      throw new Error(
        `${countWaiting} messages of ${minutes} minutes are not in the marts after ` +
          `${PATIENCE_MS / 1_000} s more, and ${seconds.length} are.`,
      )
  }
}

async function delays(
  pool: Pool,
  from: number,
  until: number,
  loadedAt: ReadonlyMap<string, Date>,
): Promise<{ countWaiting: number; seconds: number[] }> {
  const { rows } = await pool.query<{ count_waiting: number; seconds: number[] }>(
    `with loaded as (
       select batch_id, loaded_at
       from unnest($3::bigint[], $4::timestamptz[]) as l (batch_id, loaded_at)
     ),
     sent as (
       select taken_at, loaded_at, refused.kafka_offset is not null as is_refused
       from event_log.message as m
       left join dds.nl_event as e
         on e.topic = m.topic and e.kafka_partition = m.partition
         and e.kafka_offset = m.log_offset
       left join dds.mart_batch_load using (load_id)
       left join loaded using (batch_id)
       left join (
         select topic, kafka_partition, kafka_offset from raw.quarantine
         union all select topic, kafka_partition, kafka_offset from raw.duplicate
       ) as refused
         on refused.topic = m.topic and refused.kafka_partition = m.partition
         and refused.kafka_offset = m.log_offset
       where m.taken_at >= $1 and m.taken_at < $2
     )
     select
       (count(*) filter (where loaded_at is null and not is_refused))::int as count_waiting,
       coalesce(
         array_agg(extract(epoch from loaded_at - taken_at)::float8)
           filter (where loaded_at is not null),
         '{}'
       ) as seconds
     from sent`,
    [new Date(from), new Date(until), [...loadedAt.keys()], [...loadedAt.values()]],
  )
  return { countWaiting: rows[0]!.count_waiting, seconds: rows[0]!.seconds }
}
