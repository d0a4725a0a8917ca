// The boxes that the page draws of this shop (sql/layers, sql/marts), against a shop whose figures are known.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Figures, readFigures } from '../../orchestrator/api/ui/layer-figures.ts'
import { openProjectReads, type ProjectReads } from '../../orchestrator/api/ui/project-reads.ts'
import { type LayerBox, readLayers } from '../../orchestrator/project-files/layers.ts'
import { projectMarts, projectPath } from '../../orchestrator/project-files/manifest.ts'
import { FACTS, MARTS, TARGETS } from '../../tasks/marts/targets.ts'
import { until } from '../support/until.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { sampleEvent } from './sample-events.ts'
import { landTopic, loadMarts, loadVault, type TestWarehouse } from './warehouse.ts'

const ROOT = process.cwd()
const TOPIC = 'user_events'
const GOOD = (['signup', 'session_start', 'user_location', 'view'] as const).map((kind, n) =>
  JSON.stringify(sampleEvent(kind, n + 1)),
)
const BOXES = readLayers(projectPath(ROOT, 'layers', 'a folder') ?? '', projectMarts(ROOT))

let store: MartsStore
let shop: TestWarehouse
let project: ProjectReads

beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  project = openProjectReads(shop.connections.addresses, { folder: ROOT, currency: 'EUR' })
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
})
afterAll(async () => {
  await project.close()
  await shop.close()
  await store.close()
})

function boxOf(id: string): LayerBox {
  const box = BOXES.find((one) => one.id === id)
  if (!box || 'problem' in box) throw new Error(`${id}: ${box?.problem ?? 'there is none'}`)
  return box
}

const figures = (id: string): Promise<Figures> => readFigures(project, boxOf(id))

it('Every file is in order, and every box answers before the shop has anything', async () => {
  for (const { id } of BOXES) {
    const { rows, lag } = await figures(id)
    // Hubs hold a ghost each.
    expect(rows, id).toBeLessThan(10)
    expect(lag ?? 0, id).toBe(0)
  }
})

it('Every table of the marts has a box, which is filled from the boxes that its load reads', () => {
  const boxes = BOXES.filter(({ kind }) => kind === 'marts').map(({ id }) => id)
  expect(boxes.sort()).toEqual(TARGETS.map((target) => `marts_${target}`).sort())
  for (const [mart, sources] of Object.entries(MARTS)) {
    const reads = sources.map((source) => `marts_${source}`)
    expect(boxOf(`marts_${mart}`).reads.toSorted()).toEqual(reads.sort())
  }
  for (const fact of FACTS) {
    const { reads } = boxOf(`marts_${fact}`)
    expect(reads).not.toEqual([])
    expect(reads.every((id) => id.startsWith('dds_'))).toBe(true)
  }
})

it('What a layer has not taken yet stands at the layer before it, down to the marts', async () => {
  const messages = [...GOOD, GOOD[3]!.slice(0, -1)]
  await shop.log.append(
    TOPIC,
    messages.map((text, n) => ({ key: String(n), value: Buffer.from(text) })),
  )
  expect(await figures('topic_user_events')).toMatchObject({ rows: 5, lag: 5 })

  await landTopic()
  expect(await figures('topic_user_events')).toMatchObject({ rows: 5, lag: 0 })
  expect(await figures('raw_user_events')).toMatchObject({ rows: 5, lag: 5, quarantined: 0 })

  await loadVault()
  const raw = await figures('raw_user_events')
  expect(raw).toMatchObject({ rows: 5, lag: 0, quarantined: 1, newestAt: expect.any(Date) })
  expect(await figures('dds_events')).toMatchObject({ lag: 4, newestAt: expect.any(Date) })

  await loadMarts()
  expect(await figures('dds_events')).toMatchObject({ lag: 0 })
  expect(await figures('marts_fct_event')).toMatchObject({ rows: 4, newestAt: expect.any(Date) })
  expect(await figures('marts_active_users_7d')).toMatchObject({ rows: 1 })
})

it('The vault is counted by the statistics of Postgres, which follow within a second', async () => {
  const counted = async (id: string, rows: number) =>
    until(`${id} has ${rows} rows`, async () => ((await figures(id)).rows ?? 0) >= rows)
  await counted('dds_events', 4)
  await counted('dds_hubs', 4)
  await counted('dds_links', 1)
  await counted('dds_satellites', 1)
})
