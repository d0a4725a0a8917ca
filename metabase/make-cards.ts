// One card for each question. A card is known by its name: one that was thrown away is made anew, one
// that was moved to another collection is brought up to date where it is. Cards of others are left
// alone, and so is the card of a question that is no more.

import { z } from 'zod'
import type { Question } from '../orchestrator/project-files/questions.ts'
import type { MetabaseClient } from './client.ts'

const cards = z.array(z.object({ id: z.number(), name: z.string() }))
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
    const ids = known.filter(({ name }) => name === body.name).map(({ id }) => id)
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
    type: 'question',
    display: question.display === 'number' ? 'scalar' : question.display,
    visualization_settings: settingsOf(question),
    dataset_query: {
      type: 'native',
      database,
      native: { query: textOf(question), 'template-tags': {} },
    },
  }
}

/** The description goes along as a comment: a card has no other place for it that we may send. */
function textOf({ description, sql }: Question): string {
  return `-- ${description}\n${sql}`
}

function settingsOf({ display, x, y }: Question): Record<string, unknown> {
  if (display === 'number') return { 'scalar.field': y[0] }
  if (display === 'pie') return { 'pie.dimension': x, 'pie.metric': y[0] }
  if (display === 'table') return {}
  return { 'graph.dimensions': [x], 'graph.metrics': y }
}
