// The dashboard with our questions in their places. Metabase deletes what a layout leaves out, so what
// people put on the dashboard themselves is sent back: their cards with place, settings and filters;
// where one would lie among our questions, it goes below them. What a layout of ours has no key for is
// never left out in silence: nothing is laid out then.

import { z } from 'zod'
import type { MetabaseClient } from './client.ts'
import { DASHBOARD, places } from './dashboard.ts'
import type { Cards } from './make-cards.ts'
import { MetabaseError } from './metabase-error.ts'

const dashboards = z.array(z.object({ id: z.number(), name: z.string() }))
/** What people can add and is not sent back, by the keys that Metabase has for it. */
const NOT_SENT = {
  dashboard_tab_id: 'a tab',
  series: 'further series',
  action_id: 'an action',
  inline_parameters: 'filters of its own',
}
const sent = z.object({
  id: z.number(),
  card_id: z.number().nullable(),
  row: z.number(),
  col: z.number(),
  size_x: z.number(),
  size_y: z.number(),
  parameter_mappings: z.array(z.unknown()).nullish(),
  visualization_settings: z.record(z.string(), z.unknown()).nullish(),
})
const dashcard = z.looseObject(sent.shape)
const layout = z.object({
  id: z.number(),
  tabs: z.array(z.unknown()).nullish(),
  dashcards: z.array(dashcard).default([]),
})

type Dashcard = z.infer<typeof dashcard>

/** Returns the id of the dashboard. */
export async function layOutDashboard(
  metabase: MetabaseClient,
  cards: Cards,
): Promise<{ id: number; isNew: boolean }> {
  const known = await metabase.get('/api/dashboard', dashboards)
  const ids = known.filter(({ name }) => name === DASHBOARD).map(({ id }) => id)
  const { id } =
    ids.length === 0
      ? await metabase.post('/api/dashboard', { name: DASHBOARD }, layout)
      : { id: Math.min(...ids) }
  const { dashcards: present, tabs } = await metabase.get(`/api/dashboard/${id}`, layout)
  const ownCards = new Set(cards.values())
  const others = present.filter(({ card_id }) => card_id === null || !ownCards.has(card_id))
  expectAllSent(others, tabs ?? [])
  const dashcards = dashcardsOf(cards, present, others)
  await metabase.put(`/api/dashboard/${id}`, { dashcards }, layout)
  return { id, isNew: ids.length === 0 }
}

/** @throws MetabaseError when a layout of ours would delete something that people added */
function expectAllSent(others: readonly Dashcard[], tabs: readonly unknown[]): void {
  const lost = Object.entries(NOT_SENT)
    .filter(([key]) => others.some((dashcard) => isSet(dashcard[key])))
    .map(([, what]) => what)
  if (tabs.length > 0) lost.unshift('tabs')
  if (lost.length === 0) return
  throw new MetabaseError(
    `Somebody gave the dashboard "${DASHBOARD}" ${lost.join(', ')}, which would be lost if it was laid ` +
      'out anew; it was left as it is. Move that to a dashboard of another name, and provision again.',
  )
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : (value ?? null) !== null
}

function dashcardsOf(
  cards: Cards,
  present: readonly Dashcard[],
  others: readonly Dashcard[],
): object[] {
  const ours = places().map((place, n) => {
    const card_id = cards.get(place.question)
    if (card_id === undefined) {
      throw new Error(`The dashboard shows question "${place.question}", which does not exist.`)
    }
    const known = present.find((dashcard) => dashcard.card_id === card_id)
    const { row, col, size_x, size_y } = place
    // Negative ids are new dashcards.
    const id = known?.id ?? -1 - n
    return {
      id,
      card_id,
      row,
      col,
      size_x,
      size_y,
      parameter_mappings: [],
      visualization_settings: {},
    }
  })
  const bottom = Math.max(...ours.map(({ row, size_y }) => row + size_y))
  const below = others.map((dashcard) => ({
    ...sent.parse(dashcard),
    row: dashcard.row < bottom ? bottom + dashcard.row : dashcard.row,
    parameter_mappings: dashcard.parameter_mappings ?? [],
    visualization_settings: dashcard.visualization_settings ?? {},
  }))
  return [...ours, ...below]
}
