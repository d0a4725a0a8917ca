import type { MarkRequest } from '../api/marks.ts'

/** The CLI line that decides the same. */
export function markCommand({ dagId, runId, task, state }: MarkRequest): string {
  if (task) return `npx terrace tasks mark ${dagId} ${task.taskId} ${runId} ${state}`
  return state === 'failed'
    ? `npx terrace dags stop-run ${dagId} ${runId}`
    : `npx terrace dags mark-run ${dagId} ${runId} ${state}`
}
