// What a run of generate_events may be told: how many days of history to send, and the settings of
// the shop. A wrong value ends the task at once, since trying again would not mend it.

import type { Shop } from '../../generators/index.ts'
import { FailTask } from '../../orchestrator/sdk/index.ts'

export interface GeneratorConf {
  /** null: the run's own interval and no history. */
  days: number | null
  shop: Partial<Shop>
}

export type ConfKey = 'days' | Exclude<keyof Shop, 'grownAt'>

interface Rule {
  allowed: string
  example: string | number
  isAllowed(value: unknown): boolean
}

const MINUTES_PER_DAY = 1_440

const share: Rule = {
  allowed: 'a number from 0 to 1',
  example: 0.01,
  isAllowed: (value) => isNumber(value) && value >= 0 && value <= 1,
}
const RULES: Record<ConfKey, Rule> = {
  days: {
    allowed: 'a number of days from 1/1440 (a minute) to 3660',
    example: 90,
    isAllowed: (value) => isNumber(value) && value >= 1 / MINUTES_PER_DAY && value <= 3_660,
  },
  seed: {
    allowed: 'a text of 1 to 200 characters',
    example: 'another shop',
    isAllowed: (value) => typeof value === 'string' && value !== '' && value.length <= 200,
  },
  eventsPerMinute: {
    allowed: 'a number above 0, at most 100000',
    example: 20,
    isAllowed: (value) => isNumber(value) && value > 0 && value <= 100_000,
  },
  products: wholeNumber(100_000, 500),
  founders: wholeNumber(10_000_000, 2_000),
  signupShare: share,
  campaignShare: share,
  cancelledShare: share,
  nextDayShare: share,
  reopenedShare: share,
  otherCostShare: share,
  withoutPlaceShare: share,
  withoutWeatherShare: share,
  lateShare: share,
  duplicateShare: share,
  brokenShare: share,
  conflictShare: share,
}

/** @throws FailTask that names the key, what was found, what is allowed and an example. */
export function readGeneratorConf(conf: { readonly [key: string]: unknown }): GeneratorConf {
  for (const [key, value] of Object.entries(conf)) {
    if (!Object.hasOwn(RULES, key)) {
      const known = Object.keys(RULES).join(', ')
      throw new FailTask(
        `conf: "${key}" is unknown. Known are ${known}. Example: --conf '{"days": 90}'`,
      )
    }
    const rule = brokenRule(key as ConfKey, value)
    if (rule !== null) {
      throw new FailTask(
        `conf: "${key}" is ${JSON.stringify(value)}, allowed is ${rule.allowed}. ` +
          `Example: --conf '${JSON.stringify({ [key]: rule.example })}'`,
      )
    }
  }
  const { days = null, ...shop } = conf as { days?: number } & Partial<Shop>
  return { days, shop }
}

/** null for a value that is allowed. */
export function brokenRule(key: ConfKey, value: unknown): Pick<Rule, 'allowed' | 'example'> | null {
  return RULES[key].isAllowed(value) ? null : RULES[key]
}

function wholeNumber(most: number, example: number): Rule {
  return {
    allowed: `a whole number from 1 to ${most}`,
    example,
    isAllowed: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most,
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}
