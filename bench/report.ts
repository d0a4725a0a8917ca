// docs/benchmarks.md: ratios only, since absolute times of one machine say nothing about another.

import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { plot } from './plot.ts'
import { ENGINES, type EngineKind, ROWS, type Row } from './rows.ts'
import { percentile, type Samples } from './samples.ts'
import { significant, targetOf } from './table.ts'

const DOCS = fileURLToPath(new URL('../docs/', import.meta.url))

/** One line of the plot and of the document. */
export interface Ratio {
  row: Row
  engine: EngineKind
  median: number
  /** Of the rounds, each beside the limit of the same round. */
  min: number
  max: number
}

export function writeReport(samples: Samples, durability: string): void {
  mkdirSync(DOCS, { recursive: true })
  const ratios = ratiosOf(samples)
  writeFileSync(`${DOCS}benchmarks.svg`, plot(ratios))
  writeFileSync(`${DOCS}benchmarks.md`, document(samples, ratios, durability))
}

export function machine(samples: Samples): string {
  const load = percentile(samples.loads, 0.5).toFixed(1)
  return `The machine had ${cpus().length} cores and, while it measured, a load average of ${load} (median).`
}

function ratiosOf(samples: Samples): Ratio[] {
  return ROWS.flatMap((row) =>
    ENGINES.flatMap((engine) => {
      const spread = samples.ratio(row.key, engine)
      if (!spread) return []
      const { median, min, max } = spread
      return [{ row, engine, median, min, max }]
    }),
  )
}

function document(samples: Samples, ratios: readonly Ratio[], durability: string): string {
  const lines = ratios.map(({ row, engine, median, min, max }) =>
    [
      row.benchmark,
      row.title,
      engine,
      row.limit,
      `${significant(median)} (${significant(min)}–${significant(max)})`,
    ].join(' | '),
  )
  const targets = ROWS.flatMap((row) =>
    ENGINES.flatMap((engine) => {
      const ours = samples.spread(row.key, engine, 'terrace')
      const target = ours && targetOf(row, engine, ours, samples.ratio(row.key, engine))
      if (!target) return []
      const { text, isReached } = target
      return [`${row.benchmark} | ${row.title} | ${engine} | ${text} | ${isReached ? 'yes' : 'no'}`]
    }),
  )
  return `# Benchmarks

Written by \`npm run bench -- --write\`. Each figure is Terrace divided by a bare limit that the same
run measured in turn with it: median of the rounds, and their least and greatest. Below 1 a time is
shorter than the limit's; for tasks/s and rows/s, above 1 is faster. Absolute times of one machine say nothing
about another and are not kept here: \`npm run bench\` prints them.

${machine(samples)} Where a target is a time, the bare limit of the machine that it was set on
stands beside it, and what must be reached is the ratio of the two.

Durability: ${durability}.

A task is a function in a runner thread of the worker. Times are those that the database holds.

The warehouse (B6, B7) runs the tasks of its DAGs in one process, independent ones side by side, on
messages of the shop without broken ones, and each hop beside a limit that moves the same rows. The
limit of raw → dds fills the same tables with the same keys, and the run fails when their counts
differ. Freshness is measured on a whole standalone: from the log's time of a message to the moment
when its batch stands in \`fct_event\`, over four minutes of the generator. A day of minutes on a
simulated clock, and years of history, are loads of their own: \`npm run bench:acceptance -- --help\`.

![Ratios to the bare limits](benchmarks.svg)

| # | workload | on | bare limit | ratio |
|---|---|---|---|---|
${lines.map((line) => `| ${line} |`).join('\n')}

In the run that wrote this page these targets were reached:

| # | workload | on | target | reached |
|---|---|---|---|---|
${targets.map((line) => `| ${line} |`).join('\n')}

What limits the rest: [performance.md](performance.md).
`
}
