// Provisioning against a Metabase that keeps its state and refuses every key that it does not know.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COLUMNS, DASHBOARD, places } from '../../metabase/dashboard.ts'
import { MetabaseError } from '../../metabase/metabase-error.ts'
import { provision } from '../../metabase/provision.ts'
import type { MetabaseSettings } from '../../metabase/settings.ts'
import { type Question, readQuestions } from '../../orchestrator/project-files/questions.ts'
import { type MetabaseStandIn, startMetabaseStandIn } from '../support/metabase-stand-in.ts'

const QUESTIONS = readQuestions('metabase/questions')
const PASSWORD = 'correct horse 1'
const MARTS_PASSWORD = 'marts "pass" \\word'

let metabase: MetabaseStandIn
let said: string[]
let clock: number

beforeEach(async () => {
  metabase = await startMetabaseStandIn()
  said = []
  clock = 0
})
afterEach(() => metabase.close())

function run(
  overrides: Partial<MetabaseSettings> = {},
  questions: readonly Question[] = QUESTIONS,
): ReturnType<typeof provision> {
  const settings: MetabaseSettings = {
    url: metabase.url,
    email: 'shop@example.org',
    password: PASSWORD,
    clickhouse: {
      host: 'clickhouse',
      port: 8123,
      ssl: false,
      user: 'metabase',
      password: MARTS_PASSWORD,
    },
    ...overrides,
  }
  return provision(settings, questions, {
    seconds: 60,
    say: (line) => said.push(line),
    now: () => clock,
    sleep: async (milliseconds) => {
      clock += milliseconds
    },
  })
}

async function failure(running: Promise<unknown>): Promise<string> {
  const error = await running.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(MetabaseError)
  const { message } = error as MetabaseError
  expect(message).not.toContain(PASSWORD)
  expect(message).not.toContain('marts "pass')
  expect(message).not.toContain('\\word')
  return message
}

const copy = () => structuredClone(metabase.state)
const cardOf = (id: string) => {
  const { title } = QUESTIONS.find((question) => question.id === id)!
  return metabase.state.cards.find((card) => card.name === title && !card.archived)!
}

describe('A Metabase that nobody has set up', () => {
  it('gets an administrator, the marts, a card for each question and the dashboard', async () => {
    const { url, cards } = await run()
    const { admin, databases, dashboards } = metabase.state
    expect(admin?.email).toBe('shop@example.org')
    expect(databases).toEqual([
      {
        id: expect.any(Number),
        name: 'marts',
        engine: 'clickhouse',
        details: {
          host: 'clickhouse',
          port: 8123,
          user: 'metabase',
          password: MARTS_PASSWORD,
          dbname: 'marts',
          'enable-multiple-db': false,
          ssl: false,
        },
      },
    ])
    expect(cards).toBe(QUESTIONS.length)
    const names = metabase.state.cards.map(({ name }) => name)
    expect(names.sort()).toEqual(QUESTIONS.map(({ title }) => title).sort())
    expect(url).toBe(`${metabase.url}/dashboard/${dashboards[0]!.id}`)
    const shown = dashboards[0]!.dashcards.map(({ card_id }) => card_id)
    expect(shown.sort()).toEqual(metabase.state.cards.map(({ id }) => id).sort())
  })

  it('asks what the files ask, of the marts', async () => {
    await run()
    const card = cardOf('daily_revenue')
    expect(card.dataset_query.database).toBe(metabase.state.databases[0]!.id)
    expect(card.dataset_query.native.query).toContain('from daily_business_summary')
    expect(card.display).toBe('area')
    const axes = { 'graph.dimensions': ['day'], 'graph.metrics': ['revenue'] }
    expect(card.visualization_settings).toEqual(axes)
    expect(cardOf('revenue_total').display).toBe('scalar')
  })

  it('is waited for while it starts, with its progress', async () => {
    metabase.startingFor = 3
    await run()
    expect(said.slice(0, 3)).toEqual([
      'Metabase is starting, 25 %.',
      'Metabase is starting, 33 %.',
      'Metabase is starting, 50 %.',
    ])
  })

  it('is given up when the time is up, saying how far it was', async () => {
    metabase.startingFor = 1_000
    const message = await failure(run())
    expect(message).toMatch(/not up within 60 s: Metabase is starting, 0 %.*--wait/)
    expect(clock).toBe(60_000)
  })

  it.each([403, 400] as const)(
    'logs in after all when another was first to set it up with the same password, and is told by %i',
    async (status) => {
      metabase.isSetUpMeanwhile = true
      metabase.answerToLoser = status
      expect(await failure(run())).toMatch(
        /set up before: set METABASE_EMAIL and METABASE_PASSWORD/,
      )
      await run({ password: 'set by another 1' })
      expect(said).toContain('Logged in.')
    },
  )

  it('says what a password must be that it does not take', async () => {
    expect(await failure(run({ password: 'short' }))).toMatch(/METABASE_PASSWORD strong enough/)
    expect(metabase.state.admin).toBeNull()
  })
})

describe('Provisioning again', () => {
  beforeEach(async () => {
    await run()
  })

  it('changes nothing, however often', async () => {
    const before = copy()
    await run()
    await run()
    expect(copy()).toEqual(before)
  })

  it('brings a question up to date whose file has changed, in its own card', async () => {
    const { id } = cardOf('devices')
    const changed = QUESTIONS.map((question) =>
      question.id === 'devices'
        ? { ...question, display: 'row' as const, sql: 'select 1 as sessions' }
        : question,
    )
    const { madeCards } = await run({}, changed)
    expect(madeCards).toBe(0)
    const card = cardOf('devices')
    expect(card).toMatchObject({ id, display: 'row' })
    expect(card.dataset_query.native.query).toMatch(/select 1 as sessions$/)
  })

  it('leaves a card of the same name alone that asks another database', async () => {
    const { databases, cards } = metabase.state
    const own = cardOf('devices')
    const other = { ...databases[0]!, id: 9_000, name: 'of another team' }
    databases.push(other)
    const foreign = structuredClone(own)
    // Older than ours: the oldest of a name would be taken.
    foreign.id = 0
    foreign.dataset_query.database = other.id
    foreign.dataset_query.native.query = 'select their_own'
    cards.unshift(foreign)
    const { madeCards } = await run()
    expect(madeCards).toBe(0)
    expect(foreign.dataset_query).toMatchObject({
      database: 9_000,
      native: { query: 'select their_own' },
    })
    expect(cards.find(({ id }) => id === own.id)?.dataset_query.database).toBe(databases[0]!.id)
  })

  it('makes a card anew that somebody threw away, and puts it back in its place', async () => {
    const [dashboard] = metabase.state.dashboards
    const placeOf = (id: number) => {
      const { row, col, size_x } = dashboard!.dashcards.find(({ card_id }) => card_id === id)!
      return { row, col, size_x }
    }
    const lost = cardOf('active_users')
    const place = placeOf(lost.id)
    lost.archived = true
    const { madeCards } = await run()
    expect(madeCards).toBe(1)
    const card = cardOf('active_users')
    expect(card.id).not.toBe(lost.id)
    expect(placeOf(card.id)).toEqual(place)
    expect(dashboard!.dashcards).toHaveLength(QUESTIONS.length)
  })

  it('leaves a card where somebody moved it, and the dashboard as it is written', async () => {
    cardOf('devices').collection_id = 7
    const before = copy()
    metabase.state.dashboards[0]!.dashcards.splice(0, 3)
    metabase.state.dashboards[0]!.dashcards[0]!.row = 99
    await run()
    const layout = (state: typeof before) =>
      state.dashboards[0]!.dashcards.map(({ id: _, ...dashcard }) => dashcard)
    expect(layout(copy())).toEqual(layout(before))
    expect(cardOf('devices').collection_id).toBe(7)
  })

  it('keeps what people added: their cards, their dashboards, and their part of ours', async () => {
    const own = { ...structuredClone(cardOf('devices')), id: 900, name: 'My own' }
    metabase.state.cards.push(own)
    metabase.state.dashboards.push({ id: 901, name: 'Mine', dashcards: [] })
    const text = {
      id: 902,
      card_id: null,
      row: 2,
      col: 0,
      size_x: 6,
      size_y: 2,
      parameter_mappings: [],
      visualization_settings: { text: 'Look here' },
    }
    metabase.state.dashboards[0]!.dashcards.push(text)
    await run()
    const once = copy()
    expect(once.cards.find(({ id }) => id === 900)).toEqual(own)
    expect(once.dashboards.map(({ name }) => name)).toEqual([DASHBOARD, 'Mine'])
    const bottom = Math.max(...places().map(({ row, size_y }) => row + size_y))
    const kept = once.dashboards[0]!.dashcards.find(({ id }) => id === 902)
    expect(kept).toEqual({ ...text, row: bottom + 2 })
    await run()
    expect(copy()).toEqual(once)
  })

  it.each([
    ['further series', { series: [{ id: 7 }] }],
    ['a tab', { dashboard_tab_id: 3 }],
    ['an action', { action_id: 4 }],
    ['filters of its own', { inline_parameters: ['abc'] }],
  ])('stops before it takes %s from a card that people added', async (what, added) => {
    const place = { row: 2, col: 0, size_x: 6, size_y: 2 }
    const settings = { parameter_mappings: [], visualization_settings: {} }
    const [dashboard] = metabase.state.dashboards
    const unset = { series: [], dashboard_tab_id: null, action_id: null, inline_parameters: [] }
    dashboard!.dashcards.push({ id: 902, card_id: null, ...place, ...settings, ...unset })
    await run()
    Object.assign(dashboard!.dashcards.at(-1)!, added)
    const before = copy()
    expect(await failure(run())).toMatch(`${what}, which would be lost`)
    expect(copy().dashboards).toEqual(before.dashboards)
  })

  it('stops before it takes the tabs from the dashboard', async () => {
    Object.assign(metabase.state.dashboards[0]!, { tabs: [{ id: 1, name: 'More' }] })
    const before = copy()
    expect(await failure(run())).toMatch(/tabs, which would be lost.*of another name/)
    expect(copy()).toEqual(before)
  })

  it('takes the oldest where a card has copies', async () => {
    const twin = { ...structuredClone(cardOf('devices')), id: 900 }
    metabase.state.cards.unshift(twin)
    const before = copy()
    await run()
    expect(copy()).toEqual(before)
  })

  it('brings the address of the marts up to date', async () => {
    await run({
      clickhouse: { host: 'other', port: 8443, ssl: true, user: 'metabase', password: 'x1' },
    })
    expect(metabase.state.databases).toHaveLength(1)
    expect(metabase.state.databases[0]!.details).toMatchObject({ host: 'other', ssl: true })
  })

  it('says so when the password is not the one that Metabase knows, and changes nothing', async () => {
    const before = copy()
    const message = await failure(run({ password: 'not that one 2' }))
    expect(message).toMatch(/did not let METABASE_EMAIL in \(401 .*did not match/)
    expect(copy()).toEqual(before)
  })
})

describe('Provisioning fails with words that help', () => {
  it('when Metabase cannot reach the marts, without repeating the password', async () => {
    metabase.connectionProblem = 'Connection refused'
    const message = await failure(run())
    expect(message).toMatch(/cannot use the marts at clickhouse:8123 as user metabase \(400 /)
    expect(message).toContain('METABASE_CLICKHOUSE_URL')
    expect(metabase.state.cards).toEqual([])
  })

  it('when the account is no administrator', async () => {
    await run()
    const body = `You don't have permissions to do that.`
    metabase.nextAnswer = { path: '/api/card', status: 403, body }
    expect(await failure(run())).toMatch(/refused GET \/api\/card: 403 You.*administrator/)
  })

  it('when what answers is no Metabase', async () => {
    metabase.nextAnswer = { path: '/api/session/properties', status: 200, body: '<html>Hello' }
    expect(await failure(run())).toMatch(/answer is not what Metabase sends.*METABASE_URL/)
  })

  it('when nothing answers', async () => {
    await metabase.close()
    expect(await failure(run())).toMatch(/not up within 60 s: .*ECONNREFUSED.*METABASE_URL/)
  })

  it('when a question is wrong, before anything is changed', async () => {
    const [first] = QUESTIONS
    const broken = { ...first!, problem: 'metabase/questions/a.sql:3: display is "cake".' }
    expect(await failure(run({}, [broken]))).toContain('display is "cake"')
    const twins = [first!, { ...QUESTIONS[1]!, title: first!.title }]
    expect(await failure(run({}, twins))).toContain(`have the title "${first!.title}"`)
    expect(metabase.calls).toEqual([])
  })
})

describe('The dashboard', () => {
  it('shows every question once, in bands that fill the grid', () => {
    const shown = places().map(({ question }) => question)
    expect(shown.sort()).toEqual(QUESTIONS.map(({ id }) => id).sort())
    const widths = new Map<number, number>()
    for (const { row, col, size_x } of places()) {
      expect(col).toBe(widths.get(row) ?? 0)
      widths.set(row, col + size_x)
    }
    expect([...widths.values()].every((width) => width === COLUMNS)).toBe(true)
  })
})
