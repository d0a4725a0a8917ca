// dags test: a whole run from the DAG's file, without scheduler and queue; nothing of it is stored.

import type { Command } from 'commander'
import { withEngines } from '../../connections/engines/index.ts'
import {
  type Environment,
  environmentTexts,
  loadEnvironment,
} from '../../connections/environment.ts'
import { maskJson, maskSecrets } from '../../connections/mask-secrets.ts'
import type { Json } from '../graph/serialized-dag.ts'
import { openRunners } from '../worker/start-worker.ts'
import { dateArgument, examples, jsonObjectArgument, outputOption } from './command-options.ts'
import { type LocalDag, loadLocalDag } from './local-dag.ts'
import { LocalRun, type PrintLine } from './local-run.ts'
import { type OutputFormat, printable, printRows } from './output.ts'

interface TestOptions {
  conf?: { [key: string]: Json }
  logicalDate?: Date
  output: OutputFormat
}

export function defineDagTest(dags: Command): void {
  const test = dags
    .command('test')
    .description('run a DAG from its file, task by task, as a worker would; stores no run')
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
      const { state, tasks } = await testing(env, dag, options, (run) => run.run())
      const rows = tasks.map((task) => ({
        task_id: task.taskId,
        state: task.state,
        duration_ms: task.durationMs,
        output: maskJson(task.output, maskSecrets(environmentTexts())),
        error: task.error?.split('\n')[0] ?? null,
      }))
      await printRows(rows, options.output)
      process.stderr.write(`${dagId}: ${state}\n`)
      if (state === 'failed') process.exitCode = 1
    })
  examples(test, 'dags test kafka_to_raw', `dags test report --conf '{"days": 7}' -l 2026-03-01`)
}

/** Gives `work` a run of `dag` whose log goes to standard error. */
export async function testing<T>(
  env: Environment,
  dag: LocalDag,
  options: { conf?: { [key: string]: Json }; logicalDate?: Date },
  work: (run: LocalRun) => Promise<T>,
): Promise<T> {
  const dagsFolder = env.TERRACE_DAGS_FOLDER
  const runners = openRunners({ dagsFolder, concurrency: 1 })
  try {
    return await withEngines(env, () =>
      work(
        new LocalRun(dag, {
          conf: options.conf ?? {},
          logicalDate: options.logicalDate ?? null,
          now: new Date(),
          dagsFolder,
          runners,
          mask: maskSecrets(environmentTexts()),
          print: printLine,
        }),
      ),
    )
  } finally {
    await runners.close()
  }
}

const printLine: PrintLine = (taskId, { level, message, fields }) => {
  const extra = fields ? ` ${JSON.stringify(fields)}` : ''
  const text = message.split('\n').map(printable).join('\n')
  process.stderr.write(
    `[${new Date().toISOString()}] ${level.toUpperCase().padEnd(7)} ${taskId}: ${text}${extra}\n`,
  )
}
