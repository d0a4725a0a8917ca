import type { Command } from 'commander'
import { defineTaskClear } from './tasks-clear.ts'
import { defineTaskLogs } from './tasks-logs.ts'
import { defineTaskReads } from './tasks-read.ts'
import { defineTaskRun } from './tasks-run.ts'
import { defineTaskTest } from './tasks-test.ts'

export function define(tasks: Command): void {
  defineTaskReads(tasks)
  defineTaskLogs(tasks)
  defineTaskClear(tasks)
  defineTaskRun(tasks)
  defineTaskTest(tasks)
}
