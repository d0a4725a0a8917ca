// Connections that stay open in a runner thread on purpose, from one task to the next, and keep its event
// loop busy: a Kafka consumer takes seconds to join its group. A thread with such is not asked to be quiet
// before its next task. A pool of Postgres needs none of this: with `allowExitOnIdle` its idle connections
// keep nothing busy.

// Of the global registry: a project may hold its own copy of this module.
const RESIDENTS = Symbol.for('terrace.residents')

interface WithResidents {
  [RESIDENTS]?: Set<string>
}

/** Says that something of this kind stays open in this thread. */
export function declareResident(kind: string): void {
  const global = globalThis as WithResidents
  global[RESIDENTS] ??= new Set()
  global[RESIDENTS].add(kind)
}

export function hasResidents(): boolean {
  return ((globalThis as WithResidents)[RESIDENTS]?.size ?? 0) > 0
}
