// docs/data-catalogue.md as text: the same files and migrations give the same bytes.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Pool } from '../../connections/postgres.ts'
import { drawLineage } from './draw-lineage.ts'
import { type Lineage, traceLineage } from './lineage.ts'
import { LAYERS, type Relation, readFunctions, readRelations } from './relations.ts'
import { allStatements } from './statements.ts'
import { worksOfTasks } from './tasks.ts'

const ABOUT: Record<(typeof LAYERS)[number], string> = {
  raw: 'Postgres. Messages and answers as they came, append-only.',
  dds: 'Postgres. The Data Vault, how its loads work, and what the marts read of it.',
  marts: 'ClickHouse. Facts, and the marts that people look at.',
  warehouse: 'Postgres. What the warehouse knows about itself.',
}

export async function renderCatalogue(
  warehouse: Pool,
  clickhouse: ClickHouseClient,
): Promise<string> {
  const relations = await readRelations(warehouse, clickhouse)
  const statements = await allStatements()
  const functions = await readFunctions(warehouse)
  const lineage = traceLineage({ relations, statements, functions, works: worksOfTasks() })
  const layers = LAYERS.map((layer) =>
    section(
      layer,
      relations.filter(({ name }) => name.startsWith(`${layer}.`)),
      lineage,
    ),
  )
  return `${[
    '# Data catalogue',
    'Written by `npm run catalogue` from the migrated tables and the files of `sql/`; do not edit it.\n' +
      '`npx terrace sql <layer> --tables` and `--describe <table>` tell the same of a running warehouse.',
    `## Lineage\n\nHubs, links and satellites stand together; tables that only steer loads are left out.\n\n${drawLineage(lineage)}`,
    ...layers,
  ].join('\n\n')}\n`
}

function section(layer: (typeof LAYERS)[number], relations: Relation[], lineage: Lineage): string {
  const list = relations.map(
    ({ name, comment }) => `| [${bare(name)}](#${anchor(name)}) | ${cell(comment)} |`,
  )
  const overview = ['| table | what |', '| --- | --- |', ...list].join('\n')
  return [
    `## Layer ${layer}`,
    ABOUT[layer],
    overview,
    ...relations.map((r) => entry(r, lineage)),
  ].join('\n\n')
}

function entry(relation: Relation, lineage: Lineage): string {
  const { name, kind, comment, key, columns } = relation
  const grain = relation.grain ?? lineage.grains.get(name) ?? (key && `one (${key})`)
  const facts: [string, string | null | undefined][] = [
    ['Grain', grain],
    ['Kind', lineage.kinds.get(name) ?? kind],
    ['Key', key],
    ['Filled by', lineage.tasks.get(name)?.join(', ')],
    [
      'Written in',
      lineage.files
        .get(name)
        ?.map((file) => `[${file}](../sql/${file})`)
        .join(', '),
    ],
    ['Reads', lineage.reads.get(name)?.map(link).join(', ')],
    ['Read by', lineage.readBy.get(name)?.map(link).join(', ')],
  ]
  return [
    `### ${name}`,
    `${comment}.`,
    facts
      .filter(([, value]) => value)
      .map(([label, value]) => `- ${label}: ${value}`)
      .join('\n'),
    [
      '| column | type | what |',
      '| --- | --- | --- |',
      ...columns.map(
        (column) => `| \`${column.name}\` | ${cell(column.type)} | ${cell(column.comment)} |`,
      ),
    ].join('\n'),
  ].join('\n\n')
}

const bare = (name: string) => name.replace(/^[^.]+\./, '')
const anchor = (name: string) => name.replace('.', '')
const link = (name: string) => `[${name}](#${anchor(name)})`
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
