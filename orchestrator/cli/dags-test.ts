// dags test: a whole run in this process, without scheduler and queue; nothing of it is stored.

import type { Command } from 'commander'
import { withEngines } from '../../connections/engines/index.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { closeConnections } from '../../connections/index.ts'
import type { Json } from '../graph/serialized-dag.ts'
import { dateArgument, examples, jsonObjectArgument, outputOption } from './command-options.ts'
import { loadLocalDag } from './local-dag.ts'
import { type OutputFormat, printable, printRows } from './output.ts'
import { runDagInProcess, type TestRun } from './run-in-process.ts'

interface TestOptions {
  conf?: { [key: string]: Json }
  logicalDate?: Date
  output: OutputFormat
}

export function defineDagTest(dags: Command): void {
  const test = dags
    .command('test')
    .description('run a DAG in this process, task by task, from its file; stores no run')
    .argument('<dag_id>', 'the DAG')
    .option(
      '-c, --conf <json>',
      "values over the DAG's params, as a JSON object",
      jsonObjectArgument,
    )
    .option(
      '-l, --logical-date <date>',
      'logical date of the run; none when left out',
      dateArgument,
    )
    .addOption(outputOption())
    .action(async (dagId: string, options: TestOptions) => {
      const env = loadEnvironment()
      const dag = await loadLocalDag(env, dagId)
      const { state, tasks } = await withEngines(env, () =>
        testing(options, (run) => runDagInProcess(dag, run)),
      )
      const rows = tasks.map((task) => ({
        task_id: task.taskId,
        state: task.state,
        duration_ms: task.durationMs,
        output: task.output,
        error: task.error?.split('\n')[0] ?? null,
      }))
      await printRows(rows, options.output)
      process.stderr.write(`${dagId}: ${state}\n`)
      if (state === 'failed') process.exitCode = 1
    })
  examples(test, 'dags test kafka_to_raw', `dags test report --conf '{"days": 7}' -l 2026-03-01`)
}

/** Gives `work` a test run whose log goes to standard error, and closes what its tasks opened. */
export async function testing<T>(
  options: { conf?: { [key: string]: Json }; logicalDate?: Date },
  work: (run: TestRun) => Promise<T>,
): Promise<T> {
  try {
    return await work({
      conf: options.conf ?? {},
      logicalDate: options.logicalDate ?? null,
      now: new Date(),
      // Ctrl-C ends the process; the engines' own handler stops them first.
      signal: new AbortController().signal,
      log: (taskId, level, message, fields) => {
        const extra = fields ? ` ${JSON.stringify(fields)}` : ''
        const text = message.split('\n').map(printable).join('\n')
        process.stderr.write(
          `[${new Date().toISOString()}] ${level.toUpperCase().padEnd(7)} ${taskId}: ${text}${extra}\n`,
        )
      },
    })
  } finally {
    await closeConnections()
  }
}
