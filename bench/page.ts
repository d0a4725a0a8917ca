// `npm run bench:page`: the grid of a DAG of 300 tasks with 200 runs in a browser, over a real
// standalone: when something is painted, when the grid is there, and the frames that scrolling drops.

import { cpus, loadavg } from 'node:os'
import { Client } from 'pg'
import type { Page } from 'playwright-core'
import { readEngineFile } from '../connections/engines/engine-file.ts'
import { type Stage, startStage } from '../test/browser/stage.ts'
import { lane } from '../test/support/lanes.ts'

const RUNS = 200
const ROUNDS = 5
const SCROLL_MS = 3_000
const FRAME_MS = 1_000 / 60
const WINDOW = { width: 1400, height: 900 }

/** One run is real; the others are copies of it, an hour apart, some of whose tasks failed. */
async function fillHistory({ place, trigger }: Stage): Promise<void> {
  await trigger('wide', '-r', 'run_0', '--wait')
  const metadata = new Client({
    connectionString: readEngineFile(place.home)!.addresses.databaseUrl,
  })
  await metadata.connect()
  try {
    await metadata.query(
      `insert into terrace.dag_run
       select copied.* from terrace.dag_run r, generate_series(1, $1) n,
         jsonb_populate_record(r, jsonb_build_object(
           'id', md5('run ' || n)::uuid, 'run_id', 'run_' || n,
           'run_after', r.run_after - n * interval '1 hour',
           'state', case when n % 9 = 0 then 'failed' else r.state end)) copied
       where r.dag_id = 'wide' and r.run_id = 'run_0'`,
      [RUNS - 1],
    )
    await metadata.query(
      `insert into terrace.task_instance
       select copied.* from terrace.task_instance t
       join terrace.dag_run r on r.id = t.dag_run_id and r.run_id = 'run_0',
         generate_series(1, $1) n,
         jsonb_populate_record(t, jsonb_build_object(
           'id', gen_random_uuid(), 'dag_run_id', md5('run ' || n)::uuid,
           'state', case when n % 9 = 0 and hashtext(t.task_id) % 20 = 0
             then 'failed' else t.state end)) copied
       where t.dag_id = 'wide'`,
      [RUNS - 1],
    )
    await metadata.query('analyze terrace.dag_run, terrace.task_instance')
  } finally {
    await metadata.end()
  }
}

interface Opened {
  firstPaintMs: number
  gridMs: number
}

async function open(page: Page): Promise<Opened> {
  const began = performance.now()
  await page.goto('/dags/wide/grid', { waitUntil: 'commit' })
  await page.locator('.grid-cell').first().waitFor()
  // The browser has drawn what the page has made.
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))')
  const gridMs = performance.now() - began
  const firstPaintMs = await page.evaluate<number>(
    'performance.getEntriesByName("first-contentful-paint")[0].startTime',
  )
  return { firstPaintMs, gridMs }
}

interface Scrolled {
  frames: number
  dropped: number
  longestMs: number
  runs: number
}

const SCROLL_TO = {
  down: 'grid.scrollTop = share * (grid.scrollHeight - grid.clientHeight)',
  left: 'grid.scrollLeft = -share * (grid.scrollWidth - grid.clientWidth)',
}

/** There and back, a step each frame; a frame that came late counts as those it left out. */
function scroll(page: Page, direction: keyof typeof SCROLL_TO): Promise<Scrolled> {
  return page.evaluate<Scrolled>(`(async () => {
    const grid = document.querySelector('.grid-scroll')
    const nextFrame = () => new Promise(requestAnimationFrame)
    const began = await nextFrame()
    const times = []
    for (let now = began; now - began < ${SCROLL_MS}; now = await nextFrame()) {
      times.push(now)
      const gone = (now - began) / ${SCROLL_MS}
      const share = gone < 0.5 ? 2 * gone : 2 - 2 * gone
      ${SCROLL_TO[direction]}
    }
    const gaps = times.slice(1).map((time, i) => time - times[i])
    return {
      frames: gaps.length,
      dropped: gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / ${FRAME_MS}) - 1), 0),
      longestMs: Math.max(...gaps),
      runs: Number(grid.getAttribute('aria-colcount')) - 1,
    }
  })()`)
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!

const chromium = lane('chromium')
if (chromium.missing) throw new Error(chromium.reason ?? '')
const stage = await startStage(chromium, { env: { SHOP_HISTORY_DAYS: '0' } })
try {
  await fillHistory(stage)
  const opened: Opened[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const page = await stage.openAsAdmin({ viewport: WINDOW })
    opened.push(await open(page))
    await page.context().close()
  }
  const page = await stage.openAsAdmin({ viewport: WINDOW })
  await open(page)
  const down = await scroll(page, 'down')
  // The first time, older runs are fetched on the way.
  await scroll(page, 'left')
  const left = await scroll(page, 'left')
  console.log(`A DAG of 300 tasks with ${RUNS} runs, medians of ${ROUNDS} fresh browsers:`)
  console.log(`  first paint     ${median(opened.map((o) => o.firstPaintMs)).toFixed(0)} ms`)
  console.log(`  grid complete   ${median(opened.map((o) => o.gridMs)).toFixed(0)} ms`)
  for (const [name, { frames, dropped, longestMs, runs }] of Object.entries({ down, left }))
    console.log(
      `  scrolling ${name.padEnd(5)} ${frames} frames, ${dropped} dropped, longest ${longestMs.toFixed(0)} ms (${runs} runs loaded)`,
    )
  console.log(`  ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}`)
} finally {
  await stage.close()
}
