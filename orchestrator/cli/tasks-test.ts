// tasks test: one task from the DAG's file, as a worker would run it. What its upstreams would have
// returned can be given.

import type { Command } from 'commander'
import { environmentTexts, loadEnvironment } from '../../connections/environment.ts'
import { maskJson, maskSecrets } from '../../connections/mask-secrets.ts'
import type { Json } from '../graph/serialized-dag.ts'
import { dateArgument, examples, jsonObjectArgument } from './command-options.ts'
import { testing } from './dags-test.ts'
import { loadLocalDag } from './local-dag.ts'
import { requireTask } from './lookups.ts'

interface TestOptions {
  conf?: { [key: string]: Json }
  inputs?: { [taskId: string]: Json }
  logicalDate?: Date
}

export function defineTaskTest(tasks: Command): void {
  const test = tasks
    .command('test')
    .description('run one task from its file, as a worker would; prints its output, stores no run')
    .argument('<dag_id>', 'the DAG')
    .argument('<task_id>', 'the task')
    .option(
      '-c, --conf <json>',
      "values over the DAG's params, as a JSON object",
      jsonObjectArgument,
    )
    .option('-i, --inputs <json>', 'outputs of upstream tasks, by task id', jsonObjectArgument)
    .option(
      '-l, --logical-date <date>',
      'logical date of the run; none when left out',
      dateArgument,
    )
    .action(async (dagId: string, taskId: string, options: TestOptions) => {
      const env = loadEnvironment()
      const dag = await loadLocalDag(env, dagId)
      const task = requireTask(dag.serialized, taskId)
      const inputs = options.inputs ?? {}
      for (const id of Object.keys(inputs)) requireTask(dag.serialized, id)
      const missing = task.inputs.filter((id) => !Object.hasOwn(inputs, id))
      if (missing.length > 0) {
        process.stderr.write(
          `No output given for ${missing.join(', ')}: null takes its place. Give one: -i '{"${missing[0]}": …}'\n`,
        )
      }
      const result = await testing(env, dag, options, (run) => run.runTask(taskId, inputs))
      process.stdout.write(
        `${JSON.stringify(maskJson(result.output, maskSecrets(environmentTexts())), null, 2)}\n`,
      )
      if (result.state === 'failed') process.exitCode = 1
    })
  examples(
    test,
    'tasks test kafka_to_raw measure_lag',
    `tasks test kafka_to_raw check_kafka_message -i '{"measure_lag": {"user_events": 3}}'`,
  )
}
