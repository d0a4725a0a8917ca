import type { Command } from 'commander'
import { examples } from './command-options.ts'
import { defineTaskClear } from './tasks-clear.ts'
import { defineTaskLogs } from './tasks-logs.ts'
import { defineTaskMarks } from './tasks-mark.ts'
import { defineTaskReads } from './tasks-read.ts'
import { defineTaskRun } from './tasks-run.ts'
import { defineTaskTest } from './tasks-test.ts'

export function define(tasks: Command): void {
  defineTaskReads(tasks)
  defineTaskLogs(tasks)
  defineTaskClear(tasks)
  defineTaskMarks(tasks)
  defineTaskRun(tasks)
  defineTaskTest(tasks)
  examples(
    tasks,
    'tasks list kafka_to_raw --tree',
    'tasks logs kafka_to_raw consume_and_save R -f',
    'tasks clear kafka_to_raw -t consume_and_save --run-id R -d -y',
  )
}
