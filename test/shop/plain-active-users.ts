// active_users_7d by plain loops over the produced messages: no SQL, no shared code with the loads.

import type { GeneratedMessage } from '../../generators/index.ts'

interface PlainEvent {
  event_id: string
  day: number
  /** null: of nobody that the shop knows, or of an order. */
  user: string | null
}

const DAY_MS = 86_400_000

/** The events that must arrive: broken messages and repetitions are left out. */
export function readEvents(messages: readonly GeneratedMessage[]): PlainEvent[] {
  const events = new Map<string, PlainEvent>()
  for (const { value, flaw } of messages) {
    if (flaw !== null) continue
    const { event_id, occurred_at, payload } = JSON.parse(String(value))
    const day = Math.floor(Date.parse(occurred_at) / DAY_MS)
    events.set(event_id, { event_id, day, user: payload.user_id ?? null })
  }
  return [...events.values()]
}

export function activeUsers(events: readonly PlainEvent[]) {
  const byDay = new Map<number, Set<string>>()
  const firstDay = new Map<string, number>()
  for (const { day, user } of events) {
    if (user === null) continue
    const users = byDay.get(day) ?? new Set()
    byDay.set(day, users.add(user))
    firstDay.set(user, Math.min(firstDay.get(user) ?? day, day))
  }
  const days = events.map((event) => event.day)
  const rows = []
  for (let day = Math.min(...days); day <= Math.max(...days); day++) {
    const users = byDay.get(day) ?? new Set()
    const week = new Set<string>()
    for (let back = 0; back < 7; back++) {
      for (const user of byDay.get(day - back) ?? []) week.add(user)
    }
    let newUsers = 0
    for (const user of users) if (firstDay.get(user) === day) newUsers += 1
    rows.push({
      day: new Date(day * DAY_MS).toISOString().slice(0, 10),
      day_users: users.size,
      week_users: week.size,
      new_users: newUsers,
      returning_users: users.size - newUsers,
      stickiness: week.size === 0 ? null : users.size / week.size,
    })
  }
  return rows
}
