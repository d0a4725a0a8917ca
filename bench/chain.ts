// B1: a chain of tiny tasks, so that nothing but the orchestrator's own time is left. B2: the same
// with tasks that compute.

import type { Bare } from './bare.ts'
import { CHAIN_LENGTH, COMPUTE_LENGTH } from './dag-files.ts'
import type { Installation } from './installation.ts'
import type { Samples } from './samples.ts'

/** Runs a round, so that a round is a mean of several runs. */
const RUNS = 5

export async function measureChains(
  installation: Installation,
  bare: Bare,
  samples: Samples,
): Promise<void> {
  const { queue } = installation
  const limit = await bare.ask({ kind: 'chain', length: CHAIN_LENGTH * RUNS })
  for (const dagId of ['chain_continued', 'chain_queued']) {
    let totalMs = 0
    for (let i = 0; i < RUNS; i++) totalMs += (await installation.run(dagId)).durationMs
    const row = dagId === 'chain_continued' ? 'b1_continued' : 'b1_queued'
    samples.add(row, queue, 'terrace', totalMs / RUNS / CHAIN_LENGTH)
    samples.add(row, queue, 'limit', limit.msPerStep)
  }
}

export async function measureCompute(
  installation: Installation,
  bare: Bare,
  samples: Samples,
): Promise<void> {
  const { queue, pool } = installation
  const loop = await bare.ask({ kind: 'compute', length: COMPUTE_LENGTH })
  const { dagRunId, durationMs } = await installation.run('compute')
  const { rows } = await pool.query<{ ms: number }>(
    'select sum(value::text::float8) as ms from terrace.task_output where dag_run_id = $1',
    [dagRunId],
  )
  samples.add('b2_overhead', queue, 'terrace', (durationMs - rows[0]!.ms) / COMPUTE_LENGTH)
  samples.add('b2_whole', queue, 'terrace', durationMs / COMPUTE_LENGTH)
  samples.add('b2_whole', queue, 'limit', loop.msPerStep)
}
