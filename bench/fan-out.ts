// B3: one task, then ten thousand at once, then one that waits for them all.

import type { Bare } from './bare.ts'
import { FAN_OUT } from './dag-files.ts'
import type { Installation } from './installation.ts'
import type { Samples } from './samples.ts'

export async function measureFanOut(
  installation: Installation,
  bare: Bare,
  samples: Samples,
): Promise<void> {
  const { queue } = installation
  const flow = await bare.ask({ kind: 'flow', children: FAN_OUT })
  samples.add('b3_fan_out', queue, 'limit', flow.perSecond)
  const { durationMs } = await installation.run('fan_out')
  samples.add('b3_fan_out', queue, 'terrace', ((FAN_OUT + 2) / durationMs) * 1_000)
}
