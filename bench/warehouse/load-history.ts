// A history, a month at a time: sent, landed, loaded and published, as DAGs that wake each other take
// it while it is sent. Neither memory nor the time for a row may grow with what is there already.

import type { Pool } from '../../connections/postgres.ts'
import type { Memory } from './memory.ts'
import { PIPELINE } from './pipeline.ts'
import { runDag, secondsOf } from './run-dag.ts'

const END = Date.UTC(2026, 0, 5)
const DAY = 86_400_000
const DAYS_AT_ONCE = 30

export async function loadHistory(
  pool: Pool,
  days: number,
  eventsPerMinute: number,
  memory: Memory,
): Promise<void> {
  console.log(`${days} days of ${eventsPerMinute} events a minute on average.`)
  console.log(`At the start: ${memory.line()}`)
  const times = new Times()
  const start = performance.now()
  let sent = 0
  for (let left = days; left > 0; left -= DAYS_AT_ONCE) {
    const part = Math.min(left, DAYS_AT_ONCE)
    const logicalDate = new Date(END - (left - part) * DAY)
    const seconds: number[] = []
    for (const dag of PIPELINE) {
      const conf = dag === PIPELINE[0] ? { days: part, eventsPerMinute } : {}
      let spent = 0
      // A run takes one batch to the marts, and says when more waits.
      for (let isMore = true; isMore; ) {
        const ran = await runDag(dag, { logicalDate, conf })
        for (const { taskId, durationMs } of ran.values()) times.add(taskId, durationMs / 1_000)
        spent += secondsOf(ran)
        isMore = ran.has('wake_next_batch')
      }
      times.add(dag.serialized.dagId, spent)
      seconds.push(spent)
    }
    const before = sent
    sent = await countSent(pool)
    const rates = PIPELINE.map(
      (dag, hop) => `${dag.serialized.dagId} ${rate(sent - before, seconds[hop]!)}`,
    )
    const elapsed = ((performance.now() - start) / 1_000).toFixed(0).padStart(6)
    console.log(`${elapsed} s: ${sent} messages; rows/s ${rates.join(', ')}; ${memory.line()}`)
  }
  console.log(`Rows/s over all ${sent} messages, and the seconds of every task:`)
  for (const { serialized } of PIPELINE) {
    const total = times.of(serialized.dagId)
    console.log(`  ${serialized.dagId} ${rate(sent, total)} (${total.toFixed(1)} s)`)
    for (const { taskId } of serialized.tasks)
      console.log(`    ${taskId} ${times.of(taskId).toFixed(1)} s`)
  }
}

class Times {
  readonly #seconds = new Map<string, number>()

  add(id: string, seconds: number): void {
    this.#seconds.set(id, this.of(id) + seconds)
  }

  of(id: string): number {
    return this.#seconds.get(id) ?? 0
  }
}

async function countSent(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ sent: number }>(
    'select coalesce(sum(next_offset), 0)::float8 as sent from event_log.partition',
  )
  return rows[0]!.sent
}

function rate(rows: number, seconds: number): string {
  return Math.round(rows / seconds).toLocaleString('en-US')
}
