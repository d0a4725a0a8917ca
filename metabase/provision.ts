// Brings a Metabase to what is written here: the administrator, the connection to the marts, a card for
// each question, the dashboard. Each is found by its name and then made or brought up to date, so that
// it can be done any number of times.

import { counted } from '../orchestrator/counted.ts'
import type { Question } from '../orchestrator/project-files/questions.ts'
import { openMetabase } from './client.ts'
import { connectMarts } from './connect-marts.ts'
import { layOutDashboard } from './lay-out-dashboard.ts'
import { logIn } from './log-in.ts'
import { makeCards } from './make-cards.ts'
import { MetabaseError } from './metabase-error.ts'
import type { MetabaseSettings } from './settings.ts'
import { type Waiting, waitUntilUp } from './wait-until-up.ts'

export interface Provisioned {
  /** Address of the dashboard. */
  url: string
  cards: number
  madeCards: number
}

/** @throws MetabaseError */
export async function provision(
  settings: MetabaseSettings,
  questions: readonly Question[],
  waiting: Waiting,
): Promise<Provisioned> {
  requireSound(questions)
  const { url, email, password, clickhouse } = settings
  const { say } = waiting
  const metabase = openMetabase(url, [password, clickhouse.password])
  await waitUntilUp(metabase, waiting)
  const how = await logIn(metabase, { email, password })
  say(how === 'set up' ? `Metabase is set up; ${email} is its administrator.` : 'Logged in.')
  const database = await connectMarts(metabase, clickhouse)
  say(`Metabase reads the marts at ${clickhouse.host}:${clickhouse.port}.`)
  const { cards, made } = await makeCards(metabase, database, questions)
  say(`${counted(cards.size, 'question')}, ${made} of them new.`)
  const dashboard = await layOutDashboard(metabase, cards)
  return { url: `${url}/dashboard/${dashboard.id}`, cards: cards.size, madeCards: made }
}

/** Before anything is changed in Metabase. */
function requireSound(questions: readonly Question[]): void {
  const problems = questions.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw new MetabaseError(problems.join('\n'))
  const titles = questions.map(({ title }) => title)
  const twice = titles.find((title, n) => titles.indexOf(title) !== n)
  if (twice !== undefined) {
    throw new MetabaseError(
      `Two questions have the title "${twice}", and Metabase's cards are told apart by it. Change one.`,
    )
  }
}
