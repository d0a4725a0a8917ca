// For unit tests of handlers: a context without an orchestrator.

import type { LogLevel, TaskContext } from './task-context.ts'
import { taskLog } from './task-log.ts'

export interface LoggedLine {
  level: LogLevel
  message: string
  fields?: Record<string, unknown>
}

/** A context of a manual run at a fixed time; what the handler logs is in `logged`. */
export function testContext(
  overrides: Partial<TaskContext> = {},
): TaskContext & { readonly logged: readonly LoggedLine[] } {
  const logged: LoggedLine[] = []
  const start = new Date('2026-01-01T00:00:00Z')
  return {
    dagId: 'test_dag',
    runId: 'manual__2026-01-01T00:00:00.000Z',
    taskId: 'test_task',
    mapIndex: -1,
    tryNumber: 1,
    maxTries: 1,
    runType: 'manual',
    logicalDate: start,
    dataIntervalStart: start,
    dataIntervalEnd: start,
    runAfter: start,
    conf: {},
    triggeringAssetEvents: [],
    fence: { taskInstanceId: '00000000-0000-7000-8000-000000000000', value: 1 },
    signal: new AbortController().signal,
    log: taskLog((level, message, fields) => {
      logged.push({ level, message, ...(fields && { fields }) })
    }),
    addresses: async () => {
      throw new Error(
        'testContext knows no engines. Give it the addresses: testContext({ addresses: async () => … })',
      )
    },
    ...overrides,
    logged,
  }
}
