import type { ClearRequest } from '../api/tasks.ts'

/** The CLI line that clears the same. */
export function clearCommand(request: ClearRequest): string {
  const { dagId, runId, taskIds, onlyFailed, upstream, downstream } = request
  return [
    `npx terrace tasks clear ${dagId}`,
    taskIds && `-t '^(${taskIds.join('|')})$'`,
    `--run-id ${runId}`,
    downstream && '-d',
    upstream && '-u',
    onlyFailed && '-f',
  ]
    .filter(Boolean)
    .join(' ')
}
