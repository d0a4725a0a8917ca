// The pieces that the routes' query schemas are made of, and how a request is checked against one.
// An unknown parameter is refused: a filter that is silently ignored answers another question.

import { z } from 'zod'
import { parseIsoDate } from '../iso-date.ts'
import type { Page, Range } from '../store/read/page.ts'
import { ApiError, type ValidationIssue } from './api-error.ts'

const MAX_PAGE = 1_000
const OPERATORS = ['gte', 'gt', 'lte', 'lt'] as const

type RangeKeys<Name extends string> = `${Name}_${(typeof OPERATORS)[number]}`

/** Text that Postgres can hold. */
export const text = z
  .string()
  .max(1_500)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters')

export const integer = (min: number, max = 2_147_483_647) =>
  z
    .string()
    .regex(/^-?\d{1,10}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min).max(max))

export const decimal = z
  .string()
  .regex(/^-?\d{1,12}(\.\d{1,9})?$/, 'must be a number')
  .transform(Number)

export const flag = z
  .enum(['true', 'false', 'True', 'False', '1', '0'])
  .transform((value) => ['true', 'True', '1'].includes(value))

export const date = z.string().transform((value, context) => {
  const parsed = parseIsoDate(value)
  if (parsed) return parsed
  context.addIssue({
    code: 'custom',
    message: 'must be an ISO 8601 date, such as 2026-03-01 or 2026-03-01T06:00:00Z',
  })
  return z.NEVER
})

/** A parameter that may be repeated. */
export const list = <T extends z.ZodType>(item: T) =>
  z
    .preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).max(100))
    .optional()

export const pageParameters = (defaultOrder: string[]) => ({
  limit: integer(0)
    .transform((value) => Math.min(value, MAX_PAGE))
    .default(50),
  offset: integer(0).default(0),
  order_by: list(text).transform((value) => value ?? defaultOrder),
})

export function pageOf(query: { limit: number; offset: number; order_by: string[] }): Page {
  return { limit: query.limit, offset: query.offset, orderBy: query.order_by }
}

export function range<Name extends string, Value extends z.ZodType>(
  name: Name,
  value: Value,
): { [Key in RangeKeys<Name>]: z.ZodOptional<Value> } {
  const entries = OPERATORS.map((operator) => [`${name}_${operator}`, value.optional()])
  return Object.fromEntries(entries) as { [Key in RangeKeys<Name>]: z.ZodOptional<Value> }
}

export function rangeOf<Name extends string, Value>(
  query: { [Key in RangeKeys<Name>]?: Value | undefined },
  name: Name,
): Range<Value> {
  return {
    gte: query[`${name}_gte`],
    gt: query[`${name}_gt`],
    lte: query[`${name}_lte`],
    lt: query[`${name}_lt`],
  }
}

/**
 * @throws ApiError bad_query (bad_body of a body) with an issue per parameter, in the shape that
 *   Airflow's clients know
 */
export function checked<T extends z.ZodType>(
  schema: T,
  value: unknown,
  where: 'query' | 'path' | 'body' = 'query',
): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new ApiError(
    where === 'body' ? 'bad_body' : 'bad_query',
    result.error.issues.flatMap((issue): ValidationIssue[] => {
      if (issue.code === 'unrecognized_keys') {
        const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
        return issue.keys.map((key) => ({
          type: 'unknown_parameter',
          loc: [where, key],
          msg: `is not known here. Allowed: ${allowed.join(', ') || 'no parameters'}`,
        }))
      }
      const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
      return [{ type: issue.code, loc: [where, ...path], msg: issue.message }]
    }),
  )
}
