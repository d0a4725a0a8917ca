// A history at once: sent, landed, loaded and published, one DAG after the other. Memory is printed
// while they run: it must not grow with the history.

import type { Pool } from '../../connections/postgres.ts'
import type { Memory } from './memory.ts'
import { PIPELINE } from './pipeline.ts'
import { runDag, secondsOf } from './run-dag.ts'

const END = new Date(Date.UTC(2026, 0, 5))
const REPORT_EVERY_MS = 15_000

export async function loadHistory(
  pool: Pool,
  days: number,
  eventsPerMinute: number,
  memory: Memory,
): Promise<void> {
  console.log(`${days} days of ${eventsPerMinute} events a minute on average.`)
  const start = performance.now()
  const report = async (what: string) => {
    const seconds = ((performance.now() - start) / 1_000).toFixed(0).padStart(6)
    console.log(`${seconds} s  ${what}: ${await counts(pool)}; ${memory.now()}`)
  }
  await report('at the start')
  const rates: string[] = []
  for (const dag of PIPELINE) {
    const { dagId } = dag.serialized
    const timer = setInterval(() => void report(dagId), REPORT_EVERY_MS)
    try {
      // The history ends a minute before the logical date, where the run's own minute begins.
      const conf = dag === PIPELINE[0] ? { days, eventsPerMinute } : {}
      const ran = await runDag(dag, { logicalDate: END, conf })
      const { rows } = await pool.query<{ sent: number }>(
        `select coalesce(sum(next_offset), 0)::float8 as sent from event_log.partition`,
      )
      const seconds = secondsOf(ran)
      rates.push(
        `${dagId}: ${Math.round(rows[0]!.sent / seconds)} rows/s (${seconds.toFixed(0)} s)`,
      )
      for (const { taskId, durationMs } of ran.values())
        rates.push(`  ${taskId}: ${(durationMs / 1_000).toFixed(1)} s`)
    } finally {
      clearInterval(timer)
    }
    await report(`${dagId} has ended`)
  }
  console.log(rates.join('\n'))
}

async function counts(pool: Pool): Promise<string> {
  const { rows } = await pool.query<Record<'sent' | 'landed' | 'validated' | 'loaded', string>>(
    `select
       (select coalesce(sum(next_offset), 0) from event_log.partition) as sent,
       (select coalesce(sum(count_rows), 0) from raw.batch) as landed,
       (select coalesce(sum(count_raw), 0) from dds.load) as validated,
       (select coalesce(sum(count_raw), 0) from dds.load where state = 'finished') as loaded`,
  )
  return Object.entries(rows[0]!)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
