// How every list is read: filters and order come from an allowlist of columns, values travel as
// parameters, the order ends in a key so that pages do not overlap, and the total is of all pages.

import knexFactory, { type Knex } from 'knex'
import type { Queryable } from '../../../connections/postgres.ts'

/** Builds statements only; they run on the pool of the caller. */
export const sql = knexFactory({ client: 'pg' })

export interface Page {
  limit: number
  offset: number
  /** Field names; `-` before one means descending. */
  orderBy: string[]
}

export interface Listed<T> {
  rows: T[]
  total: number
}

export interface Range<T> {
  gte?: T | undefined
  gt?: T | undefined
  lte?: T | undefined
  lt?: T | undefined
}

/** A name in `order_by` that the list cannot be ordered by. */
export class OrderByError extends Error {
  override name = 'OrderByError'
}

export async function fetchRows<T>(pool: Queryable, query: Knex.QueryBuilder): Promise<T[]> {
  const { sql: text, bindings } = query.toSQL().toNative()
  const { rows } = await pool.query({ text, values: [...bindings] })
  return rows as T[]
}

/**
 * One page of `query` (which has its columns selected) and the number of rows of all pages.
 *
 * @param columns what each field of `order_by` stands for, as SQL
 * @param tieBreak SQL of a key, last in every order
 */
export async function fetchPage<T>(
  pool: Queryable,
  query: Knex.QueryBuilder,
  page: Page,
  columns: Readonly<Record<string, string>>,
  tieBreak: string,
): Promise<Listed<T>> {
  const counted = query.clone().clearSelect().count({ total: '*' })
  const ordered = query.clone()
  for (const field of page.orderBy) {
    const descending = field.startsWith('-')
    const column = columns[descending ? field.slice(1) : field]
    if (column === undefined || !Object.hasOwn(columns, field.replace(/^-/, ''))) {
      throw new OrderByError(
        `"${field}" is no field to order by. Allowed: ${Object.keys(columns).join(', ')}, each with "-" before it for descending.`,
      )
    }
    ordered.orderByRaw(`${column} ${descending ? 'desc nulls last' : 'asc nulls last'}`)
  }
  ordered.orderByRaw(tieBreak).limit(page.limit).offset(page.offset)
  const [rows, totals] = await Promise.all([
    fetchRows<T>(pool, ordered),
    fetchRows<{ total: string }>(pool, counted),
  ])
  return { rows, total: Number(totals[0]?.total ?? 0) }
}

export function whereRange<T extends Knex.Value>(
  query: Knex.QueryBuilder,
  column: string,
  range: Range<T> | undefined,
): void {
  const operators = { gte: '>=', gt: '>', lte: '<=', lt: '<' } as const
  for (const [name, operator] of Object.entries(operators)) {
    const value = range?.[name as keyof typeof operators]
    if (value !== undefined) query.whereRaw(`${column} ${operator} ?`, [value])
  }
}

/** Airflow's patterns: SQL LIKE anywhere in the text, any case, alternatives separated by `|`. */
export function wherePattern(
  query: Knex.QueryBuilder,
  column: string,
  pattern: string | undefined,
): void {
  const alternatives = pattern
    ?.split('|')
    .map((text) => text.trim())
    .filter(Boolean)
  if (!alternatives?.length) return
  query.whereRaw(`${column} ilike any (?)`, [alternatives.map((text) => `%${text}%`)])
}

export function whereIn(
  query: Knex.QueryBuilder,
  column: string,
  values: readonly (string | number)[] | undefined,
): void {
  if (values?.length) query.whereRaw(`${column} = any (?)`, [[...values] as string[]])
}
