// `npm run screenshots`: writes docs/screenshots/*.png, every view of the page light, dark and as wide
// as a telephone, over a real standalone with some days of the shop. Needs Chromium.

import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { type Stage, startStage } from '../test/browser/stage.ts'
import { openView, type Place, viewsOf } from '../test/browser/views.ts'
import { lane } from '../test/support/lanes.ts'
import { until } from '../test/support/until.ts'

const FOLDER = resolve('docs/screenshots')
/** A thin shop: the charts want days, not millions of messages. */
const HISTORY = { days: 10, eventsPerMinute: 5 }
const FILLED_WITHIN_MS = 600_000
const MOST_BYTES = 200_000
/** Charts and graphs are drawn after their data has come. */
const DRAWN_MS = 1_500

/** Its log tells how the history is sent. */
const SENT: Place = { dagId: 'generate_events', runId: 'history', taskId: 'produce_batch' }

const LOOKS: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  narrow: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
}

async function takeScreenshots(stage: Stage): Promise<void> {
  const views = {
    login: '/login',
    ...viewsOf(await shopHasRun(stage)),
    task: viewsOf(SENT).task!,
  }
  for (const [look, options] of Object.entries(LOOKS)) {
    const stranger = await stage.openPage(options)
    const admin = await stage.openAsAdmin(options)
    for (const [view, address] of Object.entries(views)) {
      const page = view === 'login' ? stranger : admin
      await openView(page, address)
      await page.waitForTimeout(DRAWN_MS)
      await page.screenshot({ path: join(FOLDER, `${view}-${look}.png`) })
    }
  }
}

/** Waits until the marts are filled and a failure has left its alert; the newest run is shown. */
async function shopHasRun({ folder, trigger, openAsAdmin }: Stage): Promise<Place> {
  const { request } = await openAsAdmin()
  const get = async <T>(path: string) => (await (await request.get(path)).json()) as T
  writeFileSync(join(folder, 'dags/half_written.ts'), 'export default defineDag(\n')
  await trigger('fails_once', '-r', 'to_be_mended')
  await trigger(SENT.dagId, '-r', SENT.runId, '--conf', JSON.stringify(HISTORY))
  await until(
    'the marts are filled',
    async () => {
      const { rows } = await get<{ rows?: unknown[] }>('/ui/questions/daily_revenue')
      return (rows?.length ?? 0) >= HISTORY.days
    },
    { withinMs: FILLED_WITHIN_MS },
  )
  return until('a run of dds_to_clickhouse is green', async () => {
    const { dag_runs: runs } = await get<{ dag_runs: { dag_run_id: string }[] }>(
      '/api/v2/dags/dds_to_clickhouse/dagRuns?state=success&order_by=-run_after&limit=1',
    )
    const run = runs[0]
    if (!run) return null
    const { task_instances: tasks } = await get<{ task_instances: { task_id: string }[] }>(
      `/api/v2/dags/dds_to_clickhouse/dagRuns/${encodeURIComponent(run.dag_run_id)}/taskInstances`,
    )
    return { dagId: 'dds_to_clickhouse', runId: run.dag_run_id, taskId: tasks[0]!.task_id }
  })
}

const chromium = lane('chromium')
if (chromium.missing) throw new Error(chromium.reason ?? '')
const stage = await startStage(chromium, { env: { SHOP_HISTORY_DAYS: '0' } })
try {
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  await takeScreenshots(stage)
  const tooLarge = readdirSync(FOLDER).filter(
    (name) => statSync(join(FOLDER, name)).size > MOST_BYTES,
  )
  if (tooLarge.length > 0)
    throw new Error(
      `Larger than ${MOST_BYTES / 1_000} kB: ${tooLarge.join(', ')}. Show less in LOOKS.`,
    )
} finally {
  await stage.close()
}
