// The question before something is changed for good. Without a terminal nobody could answer, so the
// command says what to add instead of waiting for ever.

import { createInterface } from 'node:readline/promises'
import { UsageError } from './errors.ts'

/** True when `yes` was given or the person answers y. @throws UsageError without a terminal */
export async function confirm(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY) {
    throw new UsageError(`${question} Nobody can answer here: add -y (--yes) to go ahead.`)
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
