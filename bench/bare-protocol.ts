// What the parent asks the process that measures the bare limits, and what it answers.

import type { QueueKind } from './rows.ts'

export interface BareSettings {
  queue: QueueKind
  redisUrl: string
  databaseUrl: string
}

export type BareQuestion =
  /** A worker whose processor commits a row and adds the next job. */
  | { kind: 'chain'; length: number }
  /** The compute of B2 in one loop. */
  | { kind: 'compute'; length: number }
  | { kind: 'flow'; children: number }
  | { kind: 'open_loop'; perSecond: number; seconds: number }

export interface BareAnswers {
  chain: { msPerStep: number }
  compute: { msPerStep: number }
  flow: { perSecond: number }
  open_loop: { delaysMs: number[] }
}
