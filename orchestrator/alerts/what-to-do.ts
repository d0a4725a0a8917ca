// Where to look at what failed, and which line runs it again.

import type { Alert } from '../store/alerts.ts'

export interface Command {
  /** What the line is good for. */
  purpose: string
  line: string
}

type Failed = Omit<Alert, 'id' | 'at' | 'code' | 'error'>

// A run id of 250 odd characters would fill half a message when it is encoded.
const LONGEST_LINK = 1_000

export function commandFor(alert: Failed): Command {
  const { kind, dagId, runId, taskId, tryNumber } = alert
  if (kind === 'import_error')
    return { purpose: 'All such files', line: 'npx terrace dags list-import-errors' }
  if (dagId === null || runId === null)
    return { purpose: 'What runs and what does not', line: 'npx terrace doctor' }
  const ids = `${dagId} ${taskId ?? ''}`.trim()
  if (kind === 'worker_lost')
    return {
      purpose: 'It runs again by itself; what it had logged',
      line: `npx terrace tasks logs ${ids} ${quoted(runId)} --try ${tryNumber}${mapFlag(alert)}`,
    }
  const which = taskId === null ? '-f' : `-t ${quoted(`^${taskId.replaceAll('.', '\\.')}$`)} -d`
  return {
    purpose: 'Run it again',
    line: `npx terrace tasks clear ${dagId} --run-id ${quoted(runId)} ${which} -y`,
  }
}

/** Null without the address of the page. */
export function linkTo(pageUrl: string | null, alert: Failed): string | null {
  if (pageUrl === null) return null
  const link = pageUrl + pathTo(alert)
  if (link.length <= LONGEST_LINK) return link
  return `${pageUrl}${alert.dagId === null ? '/alerts' : `/dags/${alert.dagId}`}`
}

function pathTo({ kind, dagId, runId, taskId, tryNumber, mapIndex }: Failed): string {
  if (kind === 'import_error') return '/import-errors'
  if (dagId === null || runId === null) return '/engines'
  const run = `/dags/${dagId}/runs/${encodeURIComponent(runId.toWellFormed())}`
  if (taskId === null) return run
  const mapped = mapIndex !== null && mapIndex >= 0 ? `&map_index=${mapIndex}` : ''
  return `${run}/tasks/${taskId}?try=${tryNumber}${mapped}`
}

function mapFlag({ mapIndex }: Failed): string {
  return mapIndex !== null && mapIndex >= 0 ? ` --map-index ${mapIndex}` : ''
}

/** As a POSIX shell takes it as one word. */
export function quoted(text: string): string {
  if (/^[A-Za-z0-9_.,:+@%/=-]+$/.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}
