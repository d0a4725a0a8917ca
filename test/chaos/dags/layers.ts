// Graphs of different widths whose every task writes its effect to the ledger.

import { defineDag } from '../../../orchestrator/sdk/index.ts'
import { writeEffect } from './_ledger/write-effect.ts'

function layers(id: string, widths: number[], maxActiveTasks: number) {
  return defineDag({ id, schedule: null, maxActiveTasks, maxActiveRuns: 64 }, (dag) => {
    let before: ReturnType<typeof dag.task>[] = []
    for (const [layer, width] of widths.entries()) {
      const upstreams = Array.from(
        { length: widths[layer - 1] ?? 0 },
        (_, n) => `t${layer - 1}_${n}`,
      )
      before = Array.from({ length: width }, (_, n) =>
        dag.task(`t${layer}_${n}`, writeEffect, { upstreams }).after(...before),
      )
    }
  })
}

export const chain = layers('chain', [1, 1, 1], 16)
export const diamond = layers('diamond', [1, 4, 1], 16)
/** 301 tasks. */
export const wide = layers('wide', [1, 150, 1, 148, 1], 64)
