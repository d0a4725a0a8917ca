// The arguments of one attempt: the literals of the pinned DAG version, with the upstreams' outputs
// in the places that refer to them. Outputs are put in as they are, never searched for references:
// an output that looks like one stays data.

import type { Json, OutputReference } from './serialized-dag.ts'

export function isOutputReference(value: unknown): value is OutputReference {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 1 &&
    typeof (value as { $output?: unknown }).$output === 'string'
  )
}

/** An input without an output (it was skipped, or returned nothing) becomes null. */
export function resolveArgs(args: Json, outputs: ReadonlyMap<string, Json>): Json {
  if (isOutputReference(args)) return outputs.get(args.$output) ?? null
  if (Array.isArray(args)) return args.map((item) => resolveArgs(item, outputs))
  if (typeof args !== 'object' || args === null) return args
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [key, resolveArgs(value, outputs)]),
  )
}
