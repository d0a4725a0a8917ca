// One card for each question. A card is known by its name and its database: a card of that name over
// another database is somebody else's. One that was thrown away is made anew, one
// that was moved to another collection is brought up to date where it is. Cards of others are left
// alone, and so is the card of a question that is no more.

import { z } from 'zod'
import type { Question } from '../orchestrator/project-files/questions.ts'
import type { MetabaseClient } from './client.ts'

const cards = z.array(
  z.object({ id: z.number(), name: z.string(), database_id: z.number().nullish() }),
)
const card = z.object({ id: z.number() })

/** The card of each question, by the question's id. */
export type Cards = ReadonlyMap<string, number>

export async function makeCards(
  metabase: MetabaseClient,
  database: number,
  questions: readonly Question[],
): Promise<{ cards: Cards; made: number }> {
  const known = await metabase.get('/api/card', cards)
  const made = new Map<string, number>()
  let count = 0
  for (const question of questions) {
    const body = cardOf(question, database)
    const ids = known
      .filter(({ name, database_id }) => name === body.name && database_id === database)
      .map(({ id }) => id)
    if (ids.length === 0) count += 1
    // The oldest: a copy that somebody made has a higher id.
    const { id } = await (ids.length === 0
      ? metabase.post('/api/card', body, card)
      : metabase.put(`/api/card/${Math.min(...ids)}`, body, card))
    made.set(question.id, id)
  }
  return { cards: made, made: count }
}

function cardOf(question: Question, database: number) {
  return {
    name: question.title,
    description: question.description,
    type: 'question',
    display: question.display === 'number' ? 'scalar' : question.display,
    visualization_settings: settingsOf(question),
    dataset_query: {
      type: 'native',
      database,
      native: { query: question.sql, 'template-tags': {} },
    },
  }
}

function settingsOf({ display, x, y }: Question): Record<string, unknown> {
  if (display === 'number') return { 'scalar.field': y[0] }
  if (display === 'pie') return { 'pie.dimension': x, 'pie.metric': y[0] }
  if (display === 'table') return {}
  return { 'graph.dimensions': [x], 'graph.metrics': y }
}
