// When a DAG runs, as plain data. Nothing is checked here: `defineDag` does, because only it can
// name the DAG in the error.

import type { AssetExpression } from '../graph/serialized-dag.ts'

/** A named piece of data: tasks update it (`outlets`), schedules wait for it. */
export interface Asset {
  readonly asset: string
}

export interface CronSchedule {
  readonly cron: string
  readonly timezone: string
}

export interface OnceSchedule {
  readonly once: true
}

/** One schedule, or a list: assets in a list are all waited for; a cron in it runs beside them. */
export type Schedule =
  | null
  | string
  | CronSchedule
  | OnceSchedule
  | AssetExpression
  | readonly (string | CronSchedule | AssetExpression)[]

/** Airflow's names for common crons; a schedule may also be one of their names. */
export const presets = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@quarterly': '0 0 1 */3 *',
  '@yearly': '0 0 1 1 *',
} as const

/** A single run, as soon as the DAG is active. */
export const once: OnceSchedule = { once: true }

/** A cron of five fields, or the name of a preset. The time zone is UTC unless it is given. */
export function cron(expression: string, options: { timezone?: string } = {}): CronSchedule {
  return { cron: expression, timezone: options.timezone ?? 'UTC' }
}

export function asset(name: string): Asset {
  return { asset: name }
}

/** Satisfied when every one of them is. */
export function allOf(...assets: AssetExpression[]): AssetExpression {
  return { all: assets }
}

/** Satisfied as soon as one of them is. */
export function anyOf(...assets: AssetExpression[]): AssetExpression {
  return { any: assets }
}
