// The contract of a source, `<source>.contract.json` beside its adapter: the fields that it sends. A
// source without one promises nothing, and none of its fields is new.

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { SourceRulesError } from '../../connections/source-rules.ts'
import type { StrictJson } from './strict-json.ts'

const TYPES = ['text', 'integer', 'number', 'boolean', 'object', 'list'] as const
const TYPE = new RegExp(`^(${TYPES.join('|')})( or null)?$`)

const contract = z.strictObject({
  source: z.string(),
  /** More of a load's messages in quarantine than this share raise an alert, when it is so many. */
  alert: z.strictObject({ share: z.number().min(0).max(1), from: z.int().min(1) }),
  fields: z.record(
    z.string().min(1),
    z.strictObject({
      type: z.string().regex(TYPE, {
        error: `use ${TYPES.join(', ')}, each with " or null" behind it where null is sent`,
      }),
      /** It names a row of a hub. */
      key: z.literal(true).optional(),
      is: z.string().min(1),
    }),
  ),
})

/** What holds for a source without a contract, and for messages of an unknown one. */
export const ALERT_OF_NO_CONTRACT = { share: 0.01, from: 1 }

export interface Contract {
  alert: { share: number; from: number }
  /** Paths of the fields, such as `order_details[].price`, with their types. */
  fields: ReadonlyMap<string, string>
  /** Paths that the message has and the contract has not; undefined: none. */
  newFields(value: StrictJson): string[] | undefined
}

/** null: there is no such file. @throws SourceRulesError that names file, field and fix */
export function readContract(path: string, source: string): Contract | null {
  if (!existsSync(path)) return null
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new SourceRulesError(
      `${path}: it cannot be read as JSON (${(error as Error).message}). Correct it.`,
      { cause: error },
    )
  }
  const result = contract.safeParse(given)
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${path}, ${issue.path.join(' → ') || 'the whole'}: ${issue.message}. Correct it.`,
    )
    throw new SourceRulesError(problems.join('\n'))
  }
  if (result.data.source !== source) {
    throw new SourceRulesError(
      `${path}, source: found "${result.data.source}". Write "${source}", the source that the file is named after.`,
    )
  }
  const known = new Node()
  for (const field of Object.keys(result.data.fields)) known.add(field)
  return {
    alert: result.data.alert,
    fields: new Map(Object.entries(result.data.fields).map(([field, { type }]) => [field, type])),
    newFields: (value) => known.missing(value, ''),
  }
}

/** Fields by the members they are in: a message is walked along it, and no path is put together. */
class Node {
  private readonly members = new Map<string, Node>()

  add(path: string): void {
    let node: Node = this
    for (const step of path.split(/\.|(?=\[\])/)) {
      let next = node.members.get(step)
      if (next === undefined) {
        next = new Node()
        node.members.set(step, next)
      }
      node = next
    }
  }

  missing(value: StrictJson, path: string): string[] | undefined {
    let found: string[] | undefined
    if (Array.isArray(value)) {
      const items = this.members.get('[]')
      if (items === undefined) return value.length === 0 ? undefined : [`${path}[]`]
      for (const item of value) found = joined(found, items.missing(item, `${path}[]`))
      return found
    }
    if (!(value instanceof Map)) return undefined
    for (const [key, member] of value) {
      const known = this.members.get(key)
      if (known === undefined) found = joined(found, [path === '' ? key : `${path}.${key}`])
      else if (typeof member === 'object' && member !== null) {
        found = joined(found, known.missing(member, path === '' ? key : `${path}.${key}`))
      }
    }
    return found
  }
}

/** Each once, and no more than a person would read: what a message is full of is no news. */
const MOST = 20

function joined(some: string[] | undefined, more: string[] | undefined): string[] | undefined {
  if (more === undefined) return some
  return [...new Set([...(some ?? []), ...more])].slice(0, MOST)
}
