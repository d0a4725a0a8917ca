// All messages of an interval, as a pure function of shop and interval: no state, no clock.
//
// What happens is planned minute by minute, each minute on its own; what is sent in a minute comes
// from its own plan and from earlier ones, since orders take their time and producers are late. So
// an interval begins with the earlier plans that can reach into it, and then makes each plan once:
// an hour holds the same messages as its sixty minutes.

import { createCatalogue } from './catalogue.ts'
import {
  drawSendings,
  type GeneratedMessage,
  LATENESS,
  type Sending,
  writeMessage,
} from './messages.ts'
import { createNamedRandom } from './random.ts'
import { createSessions } from './sessions.ts'
import type { Shop } from './shop.ts'
import { pickReturningUser, signupId } from './users.ts'
import { visitorsOf, volumeAt } from './visitors.ts'

const MINUTE = 60_000
/** From the start of a minute to the last message of its plan that is not late: half an hour of
 * session, an hour and a half of statuses, ten minutes of lateness and ten until a repetition. */
const REACH = 140 * MINUTE

/** The messages sent in [start, end), minute by minute, each minute in the order in which it is sent. */
export function* generateInterval(
  shop: Shop,
  start: Date,
  end: Date,
): Generator<GeneratedMessage[]> {
  const [from, until] = [start.getTime(), end.getTime()]
  const firstMinute = Math.floor(from / MINUTE) * MINUTE
  const plan = createPlans(shop)
  const due = new Map<number, Sending[]>()
  const schedule = (minute: number) => {
    for (const sending of plan(minute)) {
      if (sending.sentAt < from || sending.sentAt >= until) continue
      const sentIn = Math.floor(sending.sentAt / MINUTE)
      const others = due.get(sentIn)
      if (others === undefined) due.set(sentIn, [sending])
      else others.push(sending)
    }
  }
  for (const minute of earlierMinutes(firstMinute, until)) schedule(minute)
  for (let minute = firstMinute; minute < until; minute += MINUTE) {
    schedule(minute)
    const sendings = due.get(minute / MINUTE) ?? []
    due.delete(minute / MINUTE)
    // Stable: what is sent in the same moment stays in the order of the plans.
    yield sendings.sort((a, b) => a.sentAt - b.sentAt).map(writeMessage)
  }
}

/** Minutes before the first whose plans reach into [first, until), in order. */
function* earlierMinutes(first: number, until: number): Generator<number> {
  const delays = [0, ...LATENESS]
  for (let minute = first - Math.max(...delays) - REACH; minute < first; minute += MINUTE) {
    const reaches = delays.some((delay) => {
      const earliest = minute + delay
      return earliest < until && earliest + REACH >= first
    })
    if (reaches) yield minute
  }
}

function createPlans(shop: Shop): (minute: number) => Sending[] {
  const drawSession = createSessions(shop, createCatalogue(shop.seed, shop.products))
  return (minute) => {
    const { sessions, signups } = visitorsOf(shop, minute)
    return Array.from({ length: sessions }, (_, n) => {
      // Of another volume it is another visit: the same number, but not the same visitor.
      const { random, hex } = createNamedRandom(
        shop.seed,
        'session',
        minute,
        n,
        volumeAt(shop, minute),
      )
      const at = minute + random.below(MINUTE)
      const isSignup = n < signups
      const userId = isSignup ? signupId(minute, n) : pickReturningUser(random, shop, minute)
      const events = drawSession({ random, hex, at, userId, isSignup })
      return drawSendings(random, shop, { hex, startedAt: minute, events })
    }).flat()
  }
}
