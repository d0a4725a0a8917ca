// The instants that a cron names in a time zone, as one fixed set: `next` and `previous` walk the
// same instants, so intervals have neither holes nor overlaps. The walk is
// over wall time; cron-parser's own time zones are not used, because its `prev` and `next` disagree
// around a clock change.
//
// Clock changes, as Airflow has them:
// - A cron that names hours (`30 2 * * *`) comes once a day. A time that is skipped comes later by
//   the length of the gap (02:30 at 03:30); of a doubled time the second is taken.
// - A cron of every hour (`*/30 * * * *`, also written as `0-23` or as a list of all hours) follows the
//   clock through both: nothing in the skipped hour, and the doubled hour twice.

import { afterGap, instantsOf, offsetsAround } from './time-zone.ts'
import { WallCron } from './wall-cron.ts'

export class CronTimes {
  readonly #cron: WallCron
  readonly #timezone: string
  readonly #everyHour: boolean

  constructor(cron: { expression: string; timezone: string }) {
    this.#cron = new WallCron(cron.expression)
    this.#timezone = cron.timezone
    this.#everyHour = this.#cron.namesEveryHour
  }

  /** The first instant after this one. */
  next(after: Date): Date {
    return this.#walk(after.getTime(), 1)
  }

  /** The last instant before this one. */
  previous(before: Date): Date {
    return this.#walk(before.getTime(), -1)
  }

  /** This instant if the cron names it, else the next. */
  atOrAfter(instant: Date): Date {
    return this.next(new Date(instant.getTime() - 1))
  }

  /** This instant if the cron names it, else the one before. */
  atOrBefore(instant: Date): Date {
    return this.previous(new Date(instant.getTime() + 1))
  }

  /**
   * Around a clock change the order of wall times is not the order of instants: the walk starts
   * early enough and ends only when no later wall time can be nearer.
   */
  #walk(from: number, direction: 1 | -1): Date {
    let best: number | null = null
    const near = offsetsAround(this.#timezone, from)
    const start = from + (direction === 1 ? near.min : near.max)
    for (const wall of this.#cron.beyond(start, direction)) {
      if (best !== null) {
        const around = offsetsAround(this.#timezone, wall)
        const nearest = wall - (direction === 1 ? around.max : around.min)
        if ((nearest - best) * direction >= 0) return new Date(best)
      }
      for (const instant of this.#instants(wall)) {
        const isBeyond = (instant - from) * direction > 0
        if (isBeyond && (best === null || (instant - best) * direction < 0)) best = instant
      }
    }
    throw new RangeError('The cron names no time within decades. Use one that comes.')
  }

  #instants(wall: number): number[] {
    const instants = instantsOf(this.#timezone, wall)
    if (this.#everyHour) return instants
    return [instants.at(-1) ?? afterGap(this.#timezone, wall)]
  }
}
