// What failed, in a few words: the headline of a message, of a line of the log and of a row on the page.

import type { Alert, AlertKind } from '../store/alerts.ts'

type Titled = Pick<Alert, 'kind' | 'dagId' | 'taskId' | 'mapIndex' | 'filePath'>

const WORDS: Record<AlertKind, string> = {
  task_failed: 'Task failed',
  data_check_failed: 'Data check failed',
  worker_lost: 'Worker lost',
  run_failed: 'Run failed',
  import_error: 'DAG file does not load',
}

/** Such as `Task failed: shop_load.consume[3]`. */
export function alertTitle(alert: Titled): string {
  const subject = alertSubject(alert)
  return subject === null ? WORDS[alert.kind] : `${WORDS[alert.kind]}: ${subject}`
}

/** The task, DAG or file; null for a worker on which no task ran. */
export function alertSubject({ dagId, taskId, mapIndex, filePath }: Titled): string | null {
  if (filePath !== null) return filePath
  if (taskId === null) return dagId
  return `${dagId}.${taskId}${mapIndex !== null && mapIndex >= 0 ? `[${mapIndex}]` : ''}`
}

/** Such as `task failed`, for counts. */
export function kindInWords(kind: AlertKind): string {
  return WORDS[kind].toLowerCase()
}
