// The rules that an adapter reads by: its row of sources.json.

import { readSourceRules, type SourceRow } from '../../connections/source-rules.ts'

export interface SourceRules extends Omit<SourceRow, 'oldest'> {
  /** A message with an earlier time is not believed: a clock that was never set, a unit that is wrong. */
  oldest: Date
}

/**
 * Named as a URL, the folder of sources.json and currencies.json belongs to the code of every DAG that
 * loads messages: a worker that runs reads a change of them anew.
 */
export const SEEDS_FOLDER = new URL('../../seeds/', import.meta.url)

const rules: readonly SourceRules[] = readSourceRules().map((row) => ({
  ...row,
  oldest: new Date(row.oldest),
}))

/** undefined: the source is not declared. */
export function findRules(source: string): SourceRules | undefined {
  return rules.find((row) => row.source === source)
}

/** The only source that sends to the topic; null: there are several, or none. */
export function onlySourceOf(topic: string): string | null {
  const senders = rules.filter(({ topics }) => topics.includes(topic))
  return senders.length === 1 ? senders[0]!.source : null
}
