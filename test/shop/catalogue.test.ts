import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Relation } from '../../scripts/catalogue/relations.ts'
import {
  type FunctionReads,
  readFunctions,
  readRelations,
} from '../../scripts/catalogue/relations.ts'
import { renderCatalogue } from '../../scripts/catalogue/render.ts'
import { allStatements, readStatement, type Statement } from '../../scripts/catalogue/statements.ts'
import { worksOfTasks } from '../../scripts/catalogue/tasks.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import type { TestWarehouse } from './warehouse.ts'

let store: MartsStore
let shop: TestWarehouse
let statements: Statement[]
let relations: Relation[]
let functions: FunctionReads

beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  statements = await allStatements()
  relations = await readRelations(shop.pool, store.client)
  functions = await readFunctions(shop.pool)
})
afterAll(async () => {
  await shop.close()
  await store.close()
})

describe('docs/data-catalogue.md', () => {
  it('is what the migrations and files make (else: npm run catalogue)', async () => {
    const text = await renderCatalogue(shop.pool, store.client)
    expect(readFileSync('docs/data-catalogue.md', 'utf8')).toBe(text)
  })
})

describe('Every table and view', () => {
  it('has a comment, and each of its columns one', () => {
    const bare = relations.flatMap(({ name, comment, columns }) => [
      ...(comment ? [] : [name]),
      ...columns.filter((column) => !column.comment).map((column) => `${name}.${column.name}`),
    ])
    expect(bare).toEqual([])
  })

  it('has a grain, or a key that tells it, if it is a table', () => {
    const without = relations.filter(({ kind, grain, key }) => kind === 'table' && !grain && !key)
    expect(without.map(({ name }) => name)).toEqual([])
  })

  it('of the vault and of the marts is filled by a task', () => {
    const written = new Set(
      worksOfTasks().flatMap(({ statements: run, tables }) => [
        ...tables,
        ...statements.filter(({ path }) => run.includes(path)).flatMap(({ writes }) => writes),
      ]),
    )
    const loaded = relations.filter(
      ({ name, kind }) =>
        kind === 'table' && /^(dds\.(h|l|nl|s|es)_|marts\.(?!identity))/.test(name),
    )
    expect(loaded.length).toBeGreaterThanOrEqual(40)
    expect(loaded.map(({ name }) => name).filter((name) => !written.has(name))).toEqual([])
  })
})

describe('Every load and check', () => {
  it('has a header with grain, kind and what it reads', () => {
    const wrong = statements.flatMap(({ path, header }) =>
      Object.entries(header)
        .filter(([, said]) => said === null)
        .map(([field]) => `${path}: ${field}`),
    )
    expect(wrong).toEqual([])
  })

  it('names every table that it reads', () => {
    const wrong = statements.flatMap(({ path, header, reads }) =>
      reads
        .filter((name) => !wordsOf(header.reads).includes(name.split('.')[1]!))
        .map((name) => `${path} reads ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('names no table that it does not read', () => {
    const wrong = statements.flatMap(({ path, header, reads, calls, writes }) => {
      // The head of a fact's load speaks for the statements beside it, too.
      const beside = statements.filter((one) => dirname(one.path) === dirname(path))
      const also = /^marts\/.*\/load\.sql$/.test(path) ? beside.flatMap((one) => one.reads) : []
      const known = [
        ...reads,
        ...calls,
        ...writes,
        ...calls.flatMap((f) => functions.get(f) ?? []),
        ...also,
      ]
      return namesIn(header.reads)
        .filter((name) => !known.includes(name))
        .map((name) => `${path} does not read ${name}`)
    })
    expect(wrong).toEqual([])
  })

  it('is run by a task of a DAG, or checks, or replays', () => {
    const run = new Set(worksOfTasks().flatMap((work) => work.statements))
    const paths = statements.map(({ path }) => path)
    expect([...run].filter((path) => !paths.includes(path))).toEqual([])
    const loads = paths.filter((path) => /^(dds\/(load|enrich)\/|marts\/.*\/load\.sql)/.test(path))
    expect(loads.filter((path) => !run.has(path))).toEqual([])
  })
})

describe('A statement', () => {
  it('is read without its comments, strings, CTEs and keywords that look like names', () => {
    const { header, reads, writes, calls } = readStatement(
      'dds/load/x.sql',
      `-- Grain: one thing. Kind: fact,
-- replaced. Reads: dds.a, b.
--
-- Not read: dds.never.
with cte as (select 'from dds.text' as t, c is distinct from d from dds.a),
gone as (delete from dds.gone using dds.b where true)
insert into dds.x (t)
select t from cte cross join lateral dds.f(t) -- join dds.comment
where dds.key(t) is not null`,
    )
    expect(header).toEqual({ grain: 'one thing', kind: 'fact, replaced', reads: 'dds.a, b' })
    expect({ reads, writes, calls }).toEqual({
      reads: ['dds.a', 'dds.b'],
      writes: ['dds.gone', 'dds.x'],
      calls: ['dds.f', 'dds.key'],
    })
  })
})

const wordsOf = (text: string | null): string[] => (text ?? '').match(/[a-z_0-9]+/g) ?? []
const namesIn = (text: string | null): string[] =>
  (text ?? '').match(/\b(?:raw|dds|marts|warehouse)\.[a-z_0-9]+/g) ?? []
