// A worker's own connection through a door that can swallow what is sent, as a network that drops a
// connection without a word does.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { openPostgres } from '../../connections/postgres.ts'
import { loseAttempts } from '../../orchestrator/store/reconcile.ts'
import { type LeaseOptions, takeLease } from '../../orchestrator/worker/lease.ts'
import { openPresence } from '../../orchestrator/worker/presence.ts'
import { type ControlPlane, freshControlPlane } from '../support/control-plane.ts'
import { until } from '../support/until.ts'

const NEVER = 3_600_000

let plane: ControlPlane
let door: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  plane = await freshControlPlane()
})
afterAll(() => plane?.close())
beforeEach(async () => {
  door = await openDoor(plane.database.url)
})

async function openDoor(databaseUrl: string) {
  const url = new URL(databaseUrl)
  const { port } = url
  const passing = new Set<{ client: Socket; server: Socket }>()
  const abandoned = new Set<Socket>()
  let isOpen = true
  const listener = createServer((client) => {
    client.on('error', () => {})
    if (!isOpen) return client.destroy()
    const server = connect(Number(port), '127.0.0.1').on('error', () => {})
    const pair = { client, server }
    passing.add(pair)
    client.on('data', (data) => passing.has(pair) && server.write(data))
    server.on('data', (data) => passing.has(pair) && client.write(data))
    client.on('close', () => passing.has(pair) && server.destroy())
    server.on('close', () => passing.has(pair) && client.destroy())
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  url.port = String((listener.address() as AddressInfo).port)
  const forget = () => {
    for (const server of abandoned) server.destroy()
    abandoned.clear()
  }
  onTestFinished(() => {
    for (const { client, server } of passing) client.destroy() && server.destroy()
    forget()
    listener.close()
  })
  return {
    url: url.href,
    /** What is open stays open on both sides, and nothing passes any more. */
    swallow() {
      for (const { server } of passing) abandoned.add(server)
      passing.clear()
    },
    /** The server learns that what was swallowed is gone. */
    forget,
    let(newConnections: boolean) {
      isOpen = newConnections
    },
  }
}

/** A worker whose presence goes through the door. It renews when it is told to. */
async function worker(changes: Partial<LeaseOptions> = {}, leaseSeconds = 20) {
  const presence = await openPresence(door.url)
  const said: string[] = []
  const lease = await takeLease({
    pool: plane.pool,
    presence,
    log: (_level, message) => said.push(message),
    register: { hostname: 'test', pid: process.pid, version: 'test', leaseSeconds },
    onLapsed: () => {},
    renewEveryMs: NEVER,
    ...changes,
  })
  onTestFinished(async () => {
    lease.stop()
    await presence.close()
  })
  return { lease, said }
}

async function row(id: string) {
  const { rows } = await plane.pool.query<{
    state: string
    leaseUntil: Date
    saysHeld: boolean
  }>(
    `select state, lease_until as "leaseUntil", detail ? 'holdsLock' as "saysHeld"
     from terrace.process where id = $1`,
    [id],
  )
  return rows[0]!
}

test('A presence connection that falls silent costs no renewal', async () => {
  const { lease, said } = await worker()
  const before = await row(lease.processId)
  expect(before.saysHeld).toBe(true)
  door.swallow()
  await lease.renew()
  expect(said).toEqual([])
  const after = await row(lease.processId)
  expect(after.leaseUntil.getTime()).toBeGreaterThan(before.leaseUntil.getTime())
})

test('A lock that a broken connection still holds is taken when the server lets go of it', async () => {
  const { lease } = await worker()
  door.swallow()
  await lease.renew()
  const { rows } = await plane.pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'terrace-presence'
     and datname = current_database()`,
  )
  const old = rows[0]!.pid
  await until('it has connected again', async () => {
    const { rowCount } = await plane.pool.query(
      `select from pg_stat_activity where application_name = 'terrace-presence'
       and datname = current_database() and pid <> $1 and state = 'idle'
       and query like '%tcp_keepalives%'`,
      [old],
    )
    return rowCount === 1
  })
  await lease.renew()
  expect((await row(lease.processId)).saysHeld).toBe(false)

  door.forget()
  await until('it holds its lock and says so', async () => {
    await lease.renew()
    const { rowCount } = await plane.pool.query(
      `select from terrace.process p where id = $1 and p.detail ? 'holdsLock'
       and not terrace.has_let_go(p)`,
      [lease.processId],
    )
    return rowCount === 1
  })
})

test('A worker that could not take its lock again has its whole lease', async () => {
  const { lease } = await worker()
  door.let(false)
  door.swallow()
  await lease.renew()
  door.forget()
  await until('the server has let go of the lock', async () => {
    const { rowCount } = await plane.pool.query(
      `select from pg_stat_activity where application_name = 'terrace-presence'
       and datname = current_database()`,
    )
    return rowCount === 0
  })
  await plane.pool.query(
    `update terrace.process set lease_until = clock_timestamp() + interval '5 s' where id = $1`,
    [lease.processId],
  )
  await loseAttempts(plane.pool, { watchedSeconds: 60 })
  expect((await row(lease.processId)).state).toBe('running')
})

test('A worker that nobody answers learns by its own clock that its lease is over', async () => {
  const pool = openPostgres(door.url, { max: 2 })
  onTestFinished(() => pool.end())
  let lapsed = false
  const onLapsed = () => {
    lapsed = true
  }
  const { lease } = await worker({ pool, onLapsed, renewEveryMs: 100 }, 1)
  const first = lease.processId
  door.let(false)
  door.swallow()
  await until('it knows', async () => lapsed)
  door.let(true)
  await until('it has registered again', async () => lease.processId !== first)
})
