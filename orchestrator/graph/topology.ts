// Order and reach of a graph given as ids and edges. Pure; ties follow the order of `ids`, so that
// the same file always serialises to the same list.

export type Edge = readonly [upstream: string, downstream: string]

/** The ids with every upstream before its downstreams, or one cycle, its first id repeated last. */
export function topologicalOrder(
  ids: readonly string[],
  edges: readonly Edge[],
): { order: string[] } | { cycle: string[] } {
  const downstream = adjacency(edges, 'down')
  const position = new Map(ids.map((id, index) => [id, index]))
  const waitingFor = new Map(ids.map((id) => [id, 0]))
  for (const [, down] of edges) waitingFor.set(down, (waitingFor.get(down) ?? 0) + 1)

  const ready = ids.filter((id) => waitingFor.get(id) === 0).reverse()
  const order: string[] = []
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    order.push(id)
    for (const next of downstream.get(id) ?? []) {
      const left = (waitingFor.get(next) ?? 0) - 1
      waitingFor.set(next, left)
      if (left === 0) insertByPosition(ready, next, position)
    }
  }
  if (order.length === ids.length) return { order }
  const ordered = new Set(order)
  return {
    cycle: findCycle(
      ids.filter((id) => !ordered.has(id)),
      edges,
    ),
  }
}

/** `ready` is a stack whose top is the earliest in the file. */
function insertByPosition(ready: string[], id: string, position: Map<string, number>): void {
  const at = position.get(id) ?? 0
  let low = 0
  let high = ready.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((position.get(ready[middle]!) ?? 0) > at) low = middle + 1
    else high = middle
  }
  ready.splice(low, 0, id)
}

/** Every id in `stuck` has an upstream in it: walking upwards must come back to where it was. */
function findCycle(stuck: readonly string[], edges: readonly Edge[]): string[] {
  const among = new Set(stuck)
  const upstream = adjacency(
    edges.filter(([up, down]) => among.has(up) && among.has(down)),
    'up',
  )
  const path: string[] = []
  const seenAt = new Map<string, number>()
  let id = stuck[0]!
  while (!seenAt.has(id)) {
    seenAt.set(id, path.length)
    path.push(id)
    id = upstream.get(id)![0]!
  }
  const cycle = path.slice(seenAt.get(id)).reverse()
  return [...cycle, cycle[0]!]
}

/** All tasks reachable downwards from `from`, without `from` itself unless it is reached. */
export function transitiveDownstream(edges: readonly Edge[], from: Iterable<string>): Set<string> {
  return reach(adjacency(edges, 'down'), from)
}

/** All tasks reachable upwards from `from`, without `from` itself unless it is reached. */
export function transitiveUpstream(edges: readonly Edge[], from: Iterable<string>): Set<string> {
  return reach(adjacency(edges, 'up'), from)
}

/** How many edges lead to each task at most, in the order of `ids`, which is topological. */
export function depthsOf(ids: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const upstream = adjacency(edges, 'up')
  const depths = new Map<string, number>()
  for (const id of ids) {
    const above = (upstream.get(id) ?? []).map((one) => depths.get(one) ?? 0)
    depths.set(id, Math.max(-1, ...above) + 1)
  }
  return depths
}

/** Tasks that nothing depends on: their ends decide the state of the run. */
export function leaves(ids: readonly string[], edges: readonly Edge[]): string[] {
  const hasDownstream = new Set(edges.map(([up]) => up))
  return ids.filter((id) => !hasDownstream.has(id))
}

function reach(neighbours: Map<string, string[]>, from: Iterable<string>): Set<string> {
  const reached = new Set<string>()
  const open = [...from]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const next of neighbours.get(id) ?? []) {
      if (reached.has(next)) continue
      reached.add(next)
      open.push(next)
    }
  }
  return reached
}

function adjacency(edges: readonly Edge[], direction: 'up' | 'down'): Map<string, string[]> {
  const neighbours = new Map<string, string[]>()
  for (const [up, down] of edges) {
    const [from, to] = direction === 'down' ? [up, down] : [down, up]
    const list = neighbours.get(from)
    if (list) list.push(to)
    else neighbours.set(from, [to])
  }
  return neighbours
}
