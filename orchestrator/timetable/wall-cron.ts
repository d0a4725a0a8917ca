// Walks the times that a cron names on a clock without zone, forwards and backwards. cron-parser
// reads the fields; its own walk goes through a date library and takes milliseconds a step, a
// hundred times this one, which a scheduler of a thousand DAGs would feel.

import { type CronExpression, CronExpressionParser } from 'cron-parser'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
// A leap day that is skipped at a turn of the century is eight years after the last.
const MAX_DAYS = 366 * 30

export class WallCron {
  readonly #fields: CronExpression['fields']
  readonly #months: ReadonlySet<number>
  readonly #minutesOfDay: readonly number[]

  constructor(expression: string) {
    this.#fields = CronExpressionParser.parse(expression, { tz: 'UTC' }).fields
    this.#months = new Set(this.#fields.month.values)
    this.#minutesOfDay = this.#fields.hour.values.flatMap((hour) =>
      this.#fields.minute.values.map((minute) => hour * 60 + minute),
    )
  }

  /** However the field is written: `*`, `0-23`, `0/1`, or a list of all 24 hours. */
  get namesEveryHour(): boolean {
    return new Set(this.#fields.hour.values).size === 24
  }

  /** The times beyond `from`, nearest first, as milliseconds of UTC. Ends only after decades. */
  *beyond(from: number, direction: 1 | -1): Generator<number> {
    const minutes = direction === 1 ? this.#minutesOfDay : this.#minutesOfDay.toReversed()
    let day = Math.floor(from / DAY_MS) * DAY_MS
    for (let tried = 0; tried < MAX_DAYS; tried++, day += direction * DAY_MS) {
      if (!this.#matches(new Date(day))) continue
      for (const minute of minutes) {
        const wall = day + minute * MINUTE_MS
        if ((wall - from) * direction > 0) yield wall
      }
      // The limit is on days in a row that do not match.
      tried = 0
    }
  }

  /** Day of month or day of week, when both are restricted; `L` and `#` as cron-parser has them. */
  #matches(day: Date): boolean {
    if (!this.#months.has((day.getUTCMonth() + 1) as never)) return false
    const { dayOfMonth, dayOfWeek } = this.#fields
    if (dayOfMonth.isWildcard) return dayOfWeek.isWildcard || this.#matchesWeek(day)
    return this.#matchesMonth(day) || (!dayOfWeek.isWildcard && this.#matchesWeek(day))
  }

  #matchesMonth(day: Date): boolean {
    const { values } = this.#fields.dayOfMonth
    const isLast = new Date(day.getTime() + DAY_MS).getUTCDate() === 1
    return values.some((value) => (value === 'L' ? isLast : value === day.getUTCDate()))
  }

  #matchesWeek(day: Date): boolean {
    const { values, nthDay } = this.#fields.dayOfWeek
    const weekday = day.getUTCDay()
    const isLast = new Date(day.getTime() + 7 * DAY_MS).getUTCMonth() !== day.getUTCMonth()
    return values.some((value) =>
      typeof value === 'string'
        ? isLast && Number.parseInt(value, 10) % 7 === weekday
        : value % 7 === weekday && (nthDay <= 0 || Math.ceil(day.getUTCDate() / 7) === nthDay),
    )
  }
}
