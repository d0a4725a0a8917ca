// dags stop-run and dags mark-run: a person decides how a run ends.

import { Argument, type Command } from 'commander'
import { markRun, RUN_MARKS, type RunMark } from '../store/marks.ts'
import { readRun } from '../store/read/runs.ts'
import { listTaskInstances } from '../store/read/task-instances.ts'
import { actorOfCli } from './actor.ts'
import { examples, outputOption, yesOption } from './command-options.ts'
import { CommandError } from './errors.ts'
import { requireRun } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'
import { confirm } from './question.ts'
import { statesOf, waitOption } from './tasks-mark.ts'

interface MarkRunOptions {
  wait: boolean
  yes: boolean
  output: OutputFormat
}

export function defineRunMarks(dags: Command): void {
  const stop = dags
    .command('stop-run')
    .description('stop a run: what runs fails, what has not started is skipped')
    .argument('<dag_id>', 'the DAG')
    .argument('<run_id>', 'the run')
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(outputOption())
    .action(async (dagId: string, runId: string, options: MarkRunOptions) => {
      // One run that somebody named: a script, which cannot answer, needs no --yes.
      const mayAsk = process.stdin.isTTY
      await decide(dagId, runId, 'failed', { ...options, yes: options.yes || !mayAsk }, true)
    })
  examples(stop, 'dags stop-run kafka_to_raw R', 'dags stop-run raw_to_dds R -y --no-wait')
  const mark = dags
    .command('mark-run')
    .description('give a run, and the tasks in it, a state')
    .argument('<dag_id>', 'the DAG')
    .argument('<run_id>', 'the run')
    .addArgument(new Argument('<state>', 'how the run ends').choices(RUN_MARKS))
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(outputOption())
    .action((dagId: string, runId: string, state: RunMark, options: MarkRunOptions) =>
      decide(dagId, runId, state, options, false),
    )
  examples(mark, 'dags mark-run kafka_to_raw R success -y')
}

async function decide(
  dagId: string,
  runId: string,
  state: RunMark,
  options: MarkRunOptions,
  isStop: boolean,
): Promise<void> {
  await withMetadata(async (pool) => {
    const before = await requireRun(pool, dagId, runId)
    if (isStop && (before.state === 'success' || before.state === 'failed')) {
      throw new CommandError(
        `There is nothing to stop: the run ${runId} of ${dagId} has ended (${before.state}). Its state can be changed all the same: terrace dags mark-run --help`,
      )
    }
    const question = isStop ? `Stop ${dagId} ${runId}?` : `Mark ${dagId} ${runId} as ${state}?`
    if (!(await confirm(question, options.yes))) {
      process.stderr.write('Nothing was changed.\n')
      return
    }
    await markRun(pool, { dagId, runId, state, actor: actorOfCli() })
    const { rows: running } = await listTaskInstances(
      pool,
      { dagId, runId, states: ['running', 'restarting'] },
      { limit: 10_000, offset: 0, orderBy: ['position'] },
    )
    if (running.length > 0)
      await statesOf(
        pool,
        running.map(({ id }) => id),
        options.wait,
      )
    const run = await readRun(pool, dagId, runId)
    const record = { dag_id: dagId, run_id: runId, state: run?.state, was: before.state }
    await printRows([record], options.output)
  })
}
