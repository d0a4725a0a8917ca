import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { Lookup } from './answers.ts'
import { askContext, type LookupArgs, type LookupResult, lookUp } from './look-up.ts'
import type { RatesAnswer } from './provider.ts'
import { openProviders } from './providers.ts'

export const fx: Lookup<string, RatesAnswer> = {
  kind: 'fx',
  question: (day) => day,
  // The dollar against itself, too, so that converting is a plain join.
  rows: (rates) => Object.entries({ ...rates, USD: '1' }),
}

/** Rates of each day on which an amount was named. */
export async function getCurrencyRates(
  args: LookupArgs,
  context: TaskContext,
): Promise<LookupResult> {
  const providers = openProviders(await askContext(args))
  return lookUp(fx, providers.fx, args, context)
}
