// What a run loads of one source: its batch, what is built anew, or both.

import type { MartBatch } from './freeze-batch.ts'
import { holds, type Target } from './targets.ts'

/** The rows of one source in some marts. */
export interface SourceOfMarts {
  martsId: string
  source: string
}

/** `batchId` is null for a source of which only something is built anew. */
export type SourceBatch = MartBatch & SourceOfMarts

/** The sources that a run loads, each with its share; of a table only those whose rows it holds. */
export function sourcesOf(batch: MartBatch, target?: Target): SourceBatch[] {
  const rebuilt = batch.rebuild?.sources ?? []
  const sources = new Set(batch.source === null ? rebuilt : [batch.source, ...rebuilt])
  return [...sources]
    .filter((source) => target === undefined || holds(target, source))
    .map((source) => ({
      ...batch,
      source,
      batchId: source === batch.source ? batch.batchId : null,
      rebuild: rebuilt.includes(source) ? batch.rebuild : null,
    }))
}
