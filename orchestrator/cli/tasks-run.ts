// tasks run: one task of a run again, alone, by the scheduler and a worker; follows its log.

import type { Command } from 'commander'
import { clearTaskInstances, notifyScheduler } from '../store/runs.ts'
import { actorOfCli } from './actor.ts'
import { examples, yesOption } from './command-options.ts'
import { CommandError } from './errors.ts'
import { requireGraph, requireRun, requireTask } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { confirm } from './question.ts'
import { followLogs } from './tasks-logs.ts'

export function defineTaskRun(tasks: Command): void {
  const run = tasks
    .command('run')
    .description('run one task of a run again and follow its log; exit code 1 unless it succeeds')
    .argument('<dag_id>', 'the DAG')
    .argument('<task_id>', 'the task')
    .argument('<run_id>', 'the run')
    .addOption(yesOption())
    .action(async (dagId: string, taskId: string, runId: string, options: { yes: boolean }) => {
      await withMetadata(async (pool) => {
        await requireRun(pool, dagId, runId)
        requireTask(await requireGraph(pool, dagId), taskId)
        if (!(await confirm(`Run "${taskId}" of "${runId}" again?`, options.yes))) return
        const cleared = await clearTaskInstances(pool, {
          dagId,
          runIds: [runId],
          taskIds: [taskId],
          upstream: false,
          downstream: false,
          onlyFailed: false,
          onlyRunning: false,
          resetDagRuns: true,
          dryRun: false,
          actor: actorOfCli(),
        })
        const instance = cleared[0]
        if (!instance) {
          throw new CommandError(
            `The run "${runId}" has no instance of "${taskId}": it is of an older version of the DAG. See: terrace tasks states-for-dag-run ${dagId} ${runId}`,
          )
        }
        await notifyScheduler(pool, 'tasks_cleared')
        const ended = await followLogs(pool, instance, instance.tryNumber + 1)
        process.stderr.write(`${taskId}: ${ended.state}\n`)
        if (ended.state !== 'success' && ended.state !== 'skipped') process.exitCode = 1
      })
    })
  examples(run, 'tasks run kafka_to_raw consume_and_save R -y')
}
