// Every view of the page, and when it has come to rest.

import type { Page } from 'playwright-core'

export interface Place {
  dagId: string
  runId: string
  taskId: string
}

/** Name and address of each view; those of a DAG, a run and a task show the place. */
export function viewsOf({ dagId, runId, taskId }: Place): Record<string, string> {
  const dag = `/dags/${dagId}`
  const run = `${dag}/runs/${encodeURIComponent(runId)}`
  return {
    dags: '/',
    grid: `${dag}/grid`,
    graph: `${dag}/graph`,
    gantt: `${dag}/gantt`,
    code: `${dag}/code`,
    runs: `${dag}/runs`,
    run,
    task: `${run}/tasks/${taskId}`,
    layers: '/layers',
    dashboard: '/dashboard',
    engines: '/engines',
    alerts: '/alerts',
    'import-errors': '/import-errors',
    audit: '/audit',
  }
}

/** Opens a view and waits until nothing of it is being loaded any more. */
export async function openView(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.locator('.loading').first().waitFor({ state: 'detached' })
}
