// A batch every minute on a simulated clock: each minute goes through all DAGs before the next is
// sent. A minute that takes longer than a minute would have fallen behind.

import type { Dag } from '../../orchestrator/sdk/define-dag.ts'
import { percentile } from '../samples.ts'
import type { Memory } from './memory.ts'
import { PIPELINE } from './pipeline.ts'
import { runDag, secondsOf } from './run-dag.ts'

const FIRST_MINUTE = Date.UTC(2026, 0, 5)
const MINUTE = 60_000
const HOUR = 60

export async function simulateMinutes(
  minutes: number,
  eventsPerMinute: number,
  memory: Memory,
): Promise<void> {
  console.log(`${minutes} minutes of ${eventsPerMinute} events a minute on average.`)
  console.log(`At the start: ${memory.line()}`)
  const all: number[] = []
  const hops = new Map<Dag, number[]>(PIPELINE.map((dag) => [dag, []]))
  const start = performance.now()
  for (let minute = 0; minute < minutes; minute++) {
    // The generator sends the minute that ends at the logical date.
    const logicalDate = new Date(FIRST_MINUTE + (minute + 1) * MINUTE)
    let total = 0
    for (const dag of PIPELINE) {
      const conf = dag === PIPELINE[0] ? { eventsPerMinute } : {}
      const seconds = secondsOf(await runDag(dag, { logicalDate, conf }))
      hops.get(dag)!.push(seconds)
      total += seconds
    }
    all.push(total)
    if (all.length % HOUR === 0 || all.length === minutes) printHour(all, hops, memory)
  }
  const elapsed = (performance.now() - start) / 1_000
  printSum(all, (minutes * 60) / elapsed)
}

function printHour(all: readonly number[], hops: Map<Dag, number[]>, memory: Memory): void {
  const latest = (seconds: readonly number[]) => seconds.slice(-(all.length % HOUR || HOUR))
  const hour = `${Math.ceil(all.length / HOUR)}`.padStart(3)
  const medians = [...hops].map(
    ([dag, seconds]) => `${dag.serialized.dagId} ${percentile(latest(seconds), 0.5).toFixed(2)}`,
  )
  console.log(
    `hour ${hour}: ${spread(latest(all))}; p50 of ${medians.join(', ')}; ${memory.line()}`,
  )
}

function printSum(all: readonly number[], speed: number): void {
  const behind = all.filter((seconds) => seconds > 60).length
  console.log(`A minute of the shop took ${spread(all)}: ${speed.toFixed(0)} times as fast as it.`)
  console.log(
    behind === 0
      ? 'It never fell behind: no minute took longer than a minute.'
      : `It fell behind: ${behind} minutes took longer than a minute.`,
  )
}

function spread(seconds: readonly number[]): string {
  const [p50, p95] = [0.5, 0.95].map((share) => percentile(seconds, share).toFixed(2))
  return `p50 ${p50} s, p95 ${p95} s, max ${Math.max(...seconds).toFixed(2)} s`
}
