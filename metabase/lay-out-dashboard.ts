// The dashboard with our questions in their places. Metabase deletes what a layout leaves out, so what
// people put on the dashboard themselves is sent back as it is; where it would lie among our
// questions, it goes below them.

import { z } from 'zod'
import type { MetabaseClient } from './client.ts'
import { DASHBOARD, places } from './dashboard.ts'
import type { Cards } from './make-cards.ts'

const dashboards = z.array(z.object({ id: z.number(), name: z.string() }))
const dashcard = z.object({
  id: z.number(),
  card_id: z.number().nullable(),
  row: z.number(),
  col: z.number(),
  size_x: z.number(),
  size_y: z.number(),
  parameter_mappings: z.array(z.unknown()).nullish(),
  visualization_settings: z.record(z.string(), z.unknown()).nullish(),
})
const layout = z.object({ id: z.number(), dashcards: z.array(dashcard).default([]) })

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
  const { dashcards } = await metabase.get(`/api/dashboard/${id}`, layout)
  await metabase.put(`/api/dashboard/${id}`, { dashcards: dashcardsOf(cards, dashcards) }, layout)
  return { id, isNew: ids.length === 0 }
}

function dashcardsOf(cards: Cards, present: readonly Dashcard[]): object[] {
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
  const ownCards = new Set(cards.values())
  const others = present
    .filter(({ card_id }) => card_id === null || !ownCards.has(card_id))
    .map((dashcard) => ({
      ...dashcard,
      row: dashcard.row < bottom ? bottom + dashcard.row : dashcard.row,
      parameter_mappings: dashcard.parameter_mappings ?? [],
      visualization_settings: dashcard.visualization_settings ?? {},
    }))
  return [...ours, ...others]
}
