// A Metabase that keeps its state in memory. It knows the calls that provisioning makes, checks their
// bodies (metabase-calls.ts) and answers with 400 where a recent version would.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { bodies, type user } from './metabase-calls.ts'

type Card = z.infer<typeof bodies.card> & {
  id: number
  archived: boolean
  collection_id: null | number
}
type Dashcard = z.infer<typeof bodies.layout>['dashcards'][number]
interface Dashboard {
  id: number
  name: string
  dashcards: Dashcard[]
}
type Database = z.infer<typeof bodies.database> & { id: number }

export interface MetabaseState {
  admin: z.infer<typeof user> | null
  databases: Database[]
  cards: Card[]
  dashboards: Dashboard[]
}

export interface MetabaseStandIn {
  url: string
  state: MetabaseState
  /** Each request as `METHOD path`, in order. */
  calls: string[]
  /** Answers of /api/health that say that it is starting, before the first that says it is up. */
  startingFor: number
  /** Someone else is first to set it up. */
  isSetUpMeanwhile: boolean
  /** What the loser of that race is told: that there is a user, or that its token is none any more. */
  answerToLoser: 403 | 400
  /** What a connection to the marts fails with; null: it works. */
  connectionProblem: string | null
  /** What the next request is answered with instead. */
  nextAnswer: { path: string; status: number; body: string } | null
  close(): Promise<void>
}

class Refusal extends Error {
  readonly status: number
  readonly body: unknown
  constructor(status: number, body: unknown) {
    super(String(status))
    this.status = status
    this.body = body
  }
}

export async function startMetabaseStandIn(): Promise<MetabaseStandIn> {
  const token = randomUUID()
  const sessions = new Set<string>()
  let lastId = 0
  const nextId = () => ++lastId
  const state: MetabaseState = { admin: null, databases: [], cards: [], dashboards: [] }

  function openSession(): { id: string } {
    const session = randomUUID()
    sessions.add(session)
    return { id: session }
  }

  function setUp(body: unknown): unknown {
    const { token: given, user: admin } = checked(bodies.setup, body)
    if (standIn.isSetUpMeanwhile) state.admin = { ...admin, password: 'set by another 1' }
    if (state.admin && standIn.answerToLoser === 400)
      throw new Refusal(400, { errors: { token: 'Token does not match the setup token.' } })
    if (state.admin) {
      throw new Refusal(
        403,
        'The /api/setup route can only be used to create the first user, however a user currently exists.',
      )
    }
    if (given !== token) throw new Refusal(400, { errors: { token: 'Token does not match.' } })
    state.admin = admin
    return openSession()
  }

  function logIn(body: unknown): unknown {
    const { username, password } = checked(bodies.session, body)
    if (username === state.admin?.email && password === state.admin.password) return openSession()
    throw new Refusal(401, { errors: { password: 'did not match stored password' } })
  }

  function saveDatabase(body: unknown, database?: Database): unknown {
    const given = checked(bodies.database, body)
    if (standIn.connectionProblem !== null) {
      // As Metabase does, what it was sent comes back.
      const message = `${standIn.connectionProblem} ${JSON.stringify(given.details)}`
      throw new Refusal(400, { message, errors: { host: 'check your host settings' } })
    }
    if (database) return Object.assign(database, given)
    const made = { ...given, id: nextId() }
    state.databases.push(made)
    return made
  }

  function saveCard(body: unknown, card?: Card): unknown {
    const given = checked(bodies.card, body)
    const { database } = given.dataset_query
    if (!state.databases.some((known) => known.id === database))
      throw new Refusal(404, 'Not found.')
    if (card) return Object.assign(card, given)
    const made = { ...given, id: nextId(), archived: false, collection_id: null }
    state.cards.push(made)
    return made
  }

  function makeDashboard(body: unknown): unknown {
    const made = { ...checked(bodies.dashboard, body), id: nextId(), dashcards: [] }
    state.dashboards.push(made)
    return made
  }

  /** Ids that exist stay, negative ones are made, those left out are deleted. */
  function layOut(dashboard: Dashboard, body: unknown): unknown {
    const { dashcards } = checked(bodies.layout, body)
    const ids = dashcards.map((dashcard) => dashcard.id)
    if (new Set(ids).size < ids.length) throw new Refusal(400, { errors: { dashcards: 'twice' } })
    dashboard.dashcards = dashcards.map((dashcard) => {
      const isKnown = dashboard.dashcards.some((known) => known.id === dashcard.id)
      if (dashcard.id >= 0 && !isKnown) throw new Refusal(404, 'Not found.')
      if (dashcard.card_id !== null && !state.cards.some(({ id }) => id === dashcard.card_id)) {
        throw new Refusal(404, 'Not found.')
      }
      return dashcard.id < 0 ? { ...dashcard, id: nextId() } : dashcard
    })
    return dashboard
  }

  function answer(method: string, path: string, body: unknown, session: string): unknown {
    const [, , what, which] = path.split('/')
    const call = `${method} /api/${what}${which === undefined ? '' : '/:id'}`
    if (path === '/api/health') return health(standIn)
    if (path === '/api/session/properties') {
      return { 'setup-token': state.admin ? null : token, 'site-locale': 'en' }
    }
    if (call === 'POST /api/setup') return setUp(body)
    if (call === 'POST /api/session') return logIn(body)
    if (!sessions.has(session)) throw new Refusal(401, 'Unauthenticated')
    const live = state.cards.filter((card) => !card.archived)
    const one = <T extends { id: number }>(list: T[]): T => {
      const found = list.find((item) => item.id === Number(which))
      if (found) return found
      throw new Refusal(404, 'Not found.')
    }
    switch (call) {
      case 'GET /api/database':
        return { data: state.databases, total: state.databases.length }
      case 'POST /api/database':
        return saveDatabase(body)
      case 'PUT /api/database/:id':
        return saveDatabase(body, one(state.databases))
      case 'GET /api/card':
        return live.map((card) => ({ ...card, database_id: card.dataset_query.database }))
      case 'POST /api/card':
        return saveCard(body)
      case 'PUT /api/card/:id':
        return saveCard(body, one(live))
      case 'GET /api/dashboard':
        return state.dashboards.map(({ id, name }) => ({ id, name }))
      case 'POST /api/dashboard':
        return makeDashboard(body)
      case 'GET /api/dashboard/:id':
        return withoutArchived(one(state.dashboards), live)
      case 'PUT /api/dashboard/:id':
        return layOut(one(state.dashboards), body)
      default:
        throw new Refusal(404, 'API endpoint does not exist.')
    }
  }

  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    standIn.calls.push(`${request.method} ${path}`)
    const instead = standIn.nextAnswer
    if (instead?.path === path) {
      standIn.nextAnswer = null
      response.writeHead(instead.status).end(instead.body)
      return
    }
    try {
      const session = String(request.headers['x-metabase-session'] ?? '')
      send(response, 200, answer(request.method ?? '', path, await bodyOf(request), session))
    } catch (error) {
      if (error instanceof Refusal) send(response, error.status, error.body)
      else send(response, 500, String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const standIn: MetabaseStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    calls: [],
    startingFor: 0,
    isSetUpMeanwhile: false,
    answerToLoser: 403,
    connectionProblem: null,
    nextAnswer: null,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return standIn
}

function health(standIn: MetabaseStandIn): unknown {
  if (standIn.startingFor === 0) return { status: 'ok' }
  standIn.startingFor -= 1
  const progress = 1 / (standIn.startingFor + 2)
  throw new Refusal(503, { status: 'initializing', progress })
}

/** A card that was thrown away is gone from the dashboards. */
function withoutArchived(dashboard: Dashboard, live: readonly Card[]): Dashboard {
  const isShown = ({ card_id }: Dashcard) =>
    card_id === null || live.some((card) => card.id === card_id)
  return { ...dashboard, dashcards: dashboard.dashcards.filter(isShown) }
}

function checked<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new Refusal(400, { 'specific-errors': z.flattenError(parsed.error) })
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? undefined : JSON.parse(text)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' })
  response.end(isText ? body : JSON.stringify(body))
}
