// The identity of a DAG version. Structural is everything in the serialised DAG: ids, arguments,
// edges, options, schedule, description, and the order of the tasks, because the pages show it.
// Not structural: the code of handlers, comments, layout, and the order of an object's keys.

import { createHash } from 'node:crypto'
import type { Json, SerializedDag } from './serialized-dag.ts'

/** sha256, in hex, of the canonical JSON. */
export function structureHash(dag: SerializedDag): string {
  return createHash('sha256').update(canonicalJson(dag)).digest('hex')
}

/** JSON with the keys of every object in code unit order and nothing between the tokens. */
export function canonicalJson(value: Json | SerializedDag): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner)
      ? // A null prototype, or a key named __proto__ would be lost.
        Object.keys(inner)
          .sort()
          .reduce<Record<string, unknown>>((sorted, key) => {
            sorted[key] = inner[key]
            return sorted
          }, Object.create(null))
      : inner,
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
