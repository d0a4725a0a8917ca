// dags list, details, list-runs, next-execution, show, list-import-errors.

import { type Command, Option } from 'commander'
import { RUN_STATES } from '../graph/states.ts'
import { type DagRow, listDags, readVersion } from '../store/read/dags.ts'
import { listImportErrors } from '../store/read/import-errors.ts'
import { listRuns } from '../store/read/runs.ts'
import { dateArgument, examples, integerArgument, outputOption } from './command-options.ts'
import { drawGraph } from './graph-drawing.ts'
import { requireDag, requireGraph } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRecord, printRows, sayIfCut } from './output.ts'

const ALL = { limit: 10_000, offset: 0 }

const dagRecord = (dag: DagRow) => ({
  dag_id: dag.dagId,
  description: dag.description,
  fileloc: dag.filePath,
  owners: dag.owners,
  tags: dag.tags,
  schedule: dag.scheduleSummary,
  is_paused: dag.isPaused,
  is_stale: dag.isStale,
  has_import_errors: dag.hasImportErrors,
  max_active_runs: dag.maxActiveRuns,
  max_active_tasks: dag.maxActiveTasks,
  catchup: dag.catchup,
  next_run_after: dag.nextRunAfter,
  active_runs: dag.activeRuns,
  last_run_state: dag.lastRunState,
})

export function defineDagReads(dags: Command): void {
  defineList(dags)
  defineDetails(dags)
  defineListRuns(dags)
  defineNextExecution(dags)
  defineShow(dags)
  defineImportErrors(dags)
}

function defineList(dags: Command): void {
  const list = dags
    .command('list')
    .description('list the DAGs')
    .option('--tag <tag...>', 'only DAGs with one of these tags')
    .option('--stale', 'also DAGs whose file is gone', false)
    .addOption(outputOption())
    .action(async (options: { tag?: string[]; stale: boolean; output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const filter = { tags: options.tag, excludeStale: !options.stale }
        const { rows } = await listDags(pool, filter, { ...ALL, orderBy: ['dag_id'] })
        const columns = ['dag_id', 'fileloc', 'owners', 'is_paused', 'schedule', 'last_run_state']
        await printRows(rows.map(dagRecord), options.output, columns)
      })
    })
  examples(list, 'dags list', 'dags list --tag raw -o json')
}

function defineDetails(dags: Command): void {
  const details = dags
    .command('details')
    .description('show all that is known about a DAG')
    .argument('<dag_id>', 'the DAG')
    .addOption(outputOption())
    .action(async (dagId: string, options: { output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const dag = await requireDag(pool, dagId)
        const version = await readVersion(pool, dagId)
        await printRecord(
          {
            ...dagRecord(dag),
            start_date: version?.graph.startDate,
            end_date: version?.graph.endDate,
            params: version?.graph.params,
            tasks: version?.graph.tasks.map((task) => task.taskId),
            version_number: version?.versionNumber,
            version_created_at: version?.createdAt,
            parsed_at: dag.parsedAt,
          },
          options.output,
        )
      })
    })
  examples(details, 'dags details kafka_to_raw', 'dags details kafka_to_raw -o yaml')
}

interface ListRunsOptions {
  state?: string[]
  startDate?: Date
  endDate?: Date
  limit: number
  output: OutputFormat
}

function defineListRuns(dags: Command): void {
  const listRunsCommand = dags
    .command('list-runs')
    .description('list the runs of a DAG, the latest first')
    .argument('<dag_id>', 'the DAG')
    .addOption(new Option('--state <state...>', 'only runs in these states').choices(RUN_STATES))
    .option('-s, --start-date <date>', 'only runs due at or after this', dateArgument)
    .option('-e, --end-date <date>', 'only runs due at or before this', dateArgument)
    .option('--limit <n>', 'at most this many', integerArgument(1, 10_000), 100)
    .addOption(outputOption())
    .action(async (dagId: string, options: ListRunsOptions) => {
      await withMetadata(async (pool) => {
        await requireDag(pool, dagId)
        const { rows, total } = await listRuns(
          pool,
          {
            dagId,
            states: options.state,
            runAfter: { gte: options.startDate, lte: options.endDate },
          },
          { limit: options.limit, offset: 0, orderBy: ['-run_after'] },
        )
        const records = rows.map((run) => ({
          dag_id: run.dagId,
          run_id: run.runId,
          state: run.state,
          run_after: run.runAfter,
          logical_date: run.logicalDate,
          start_date: run.startedAt,
          end_date: run.endedAt,
        }))
        const columns = 'dag_id run_id state run_after logical_date start_date end_date'.split(' ')
        await printRows(records, options.output, columns)
        sayIfCut(rows.length, total, 'See more with --limit, or fewer with --state, -s and -e.')
      })
    })
  examples(
    listRunsCommand,
    'dags list-runs kafka_to_raw',
    'dags list-runs kafka_to_raw --state failed -s 2026-03-01 -o json',
  )
}

function defineNextExecution(dags: Command): void {
  const next = dags
    .command('next-execution')
    .description('show when the next scheduled run is due')
    .argument('<dag_id>', 'the DAG')
    .addOption(outputOption())
    .action(async (dagId: string, options: { output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const dag = await requireDag(pool, dagId)
        const record = {
          dag_id: dagId,
          schedule: dag.scheduleSummary || 'none',
          is_paused: dag.isPaused,
          run_after: dag.nextRunAfter,
          data_interval_start: dag.nextIntervalStart,
          data_interval_end: dag.nextIntervalEnd,
        }
        await printRecord(record, options.output)
        if (dag.nextRunAfter === null) {
          process.stderr.write(
            'No run is due by time: it runs on assets, when triggered, or never.\n',
          )
        } else if (dag.isPaused) {
          process.stderr.write(
            `It is paused: no run starts until \`terrace dags unpause ${dagId}\`.\n`,
          )
        }
      })
    })
  examples(next, 'dags next-execution kafka_to_raw')
}

function defineShow(dags: Command): void {
  const show = dags
    .command('show')
    .description('draw the graph of a DAG')
    .argument('<dag_id>', 'the DAG')
    .action(async (dagId: string) => {
      await withMetadata(async (pool) => {
        process.stdout.write(`${drawGraph(await requireGraph(pool, dagId))}\n`)
      })
    })
  examples(show, 'dags show raw_to_dds')
}

function defineImportErrors(dags: Command): void {
  const errors = dags
    .command('list-import-errors')
    .description('list the DAG files that do not load, and why')
    .addOption(outputOption())
    .action(async (options: { output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const { rows } = await listImportErrors(pool, {}, { ...ALL, orderBy: ['filename'] })
        const records = rows.map((row) => ({
          filepath: row.filePath,
          line: row.line,
          error: row.message,
          since: row.firstSeenAt,
        }))
        const columns = ['filepath', 'line', 'error', 'since']
        await printRows(records, options.output, columns, 'Every DAG file loads.')
        if (rows.length > 0) process.exitCode = 1
      })
    })
  examples(errors, 'dags list-import-errors')
}
