// The same stream with Redis as the queue and Kafka as the event log, and every role a process of its
// own: engines, scheduler, two workers, web.

import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEngineFile } from '../../connections/engines/engine-file.ts'
import { lane } from '../support/lanes.ts'
import { type Layers, openLayers } from '../support/layers.ts'
import { type Installation, installation, type RoleUnderTest } from '../support/processes.ts'
import { type TestServer, temporaryFolder } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { dagFolder, OUR_DAGS } from './dag-folder.ts'

const LIMIT = 240_000
const PATIENCE = { withinMs: 150_000 }
const redis = lane('redis')
const kafka = lane('kafka')

describe.skipIf(redis.missing || kafka.missing)('Redis, Kafka and roles one by one', () => {
  const folder = temporaryFolder('servers')
  let servers: TestServer<string>[] = []
  let place: Installation
  let engines: RoleUnderTest
  let others: RoleUnderTest[] = []
  let layers: Layers

  beforeAll(async () => {
    servers = await Promise.all([redis.start(), kafka.start()])
    place = await installation({
      TERRACE_DAGS_FOLDER: dagFolder(folder).path,
      REDIS_URL: servers[0]!.address,
      KAFKA_BROKERS: servers[1]!.address,
    })
    engines = await place.start('engines')
    layers = openLayers(readEngineFile(place.home)!.addresses)
    others = await Promise.all([
      place.start('scheduler'),
      place.start('worker', { env: { TERRACE_HOSTNAME: 'one' } }),
      place.start('worker', { env: { TERRACE_HOSTNAME: 'two' } }),
      place.start('web'),
    ])
  }, LIMIT)
  afterAll(async () => {
    await layers?.close()
    await place?.close()
    await Promise.all(servers.map((server) => server.stop()))
    rmSync(folder, { recursive: true, force: true })
  }, LIMIT)

  test(
    'carry every event id from Kafka to the marts, once',
    async () => {
      await until(
        'every layer has rows',
        async () => Object.values(await layers.counts()).every((n) => n > 0),
        PATIENCE,
      )
      // Those that run every few minutes: a run of one of them must not be open when all are looked at.
      for (const dag of ['generate_events', 'order_stream', 'check_sources']) {
        expect(await place.run('dags', 'pause', dag)).toMatchObject({ code: 0 })
      }
      await layers.quiet()
      const { produced, loaded, refused } = await layers.expectSetsEqual()
      expect(produced).toBe(loaded + refused)
      const { rows } = await layers.metadata.query(
        `select dag_id from terrace.dag_run group by dag_id having bool_and(state = 'success')`,
      )
      expect(rows.map((row) => row.dag_id).sort()).toEqual(OUR_DAGS.toSorted())
      const { rows: logs } = await layers.metadata.query('select distinct log_id from raw.batch')
      expect(logs).toEqual([{ log_id: expect.stringMatching(/^kafka/) }])
    },
    LIMIT,
  )

  test('show on the REST API what runs', async () => {
    const made = await place.run('users', 'create', '-u', 'ada', '-r', 'viewer', '-o', 'json')
    const [{ username, password }] = JSON.parse(made.stdout)
    const web = `http://127.0.0.1:${place.env.TERRACE_WEB_PORT}`
    const login = await fetch(`${web}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    })
    expect(login.status).toBe(201)
    const { access_token } = (await login.json()) as { access_token: string }
    const headers = { authorization: `Bearer ${access_token}` }
    const api = async <T>(path: string) => {
      const answer = await fetch(`${web}${path}`, { headers })
      expect(answer.status).toBe(200)
      return answer.json() as Promise<T>
    }
    const health = await api<Record<string, { status: string }>>('/api/v2/monitor/health')
    expect(health.metadatabase?.status).toBe('healthy')
    expect(health.scheduler?.status).toBe('healthy')
    const { dags } = await api<{ dags: { dag_id: string }[] }>('/api/v2/dags')
    const ids = dags.map((dag) => dag.dag_id)
    expect(ids.toSorted()).toEqual(OUR_DAGS.toSorted())
  })

  test(
    'end in order, and leave nothing behind',
    async () => {
      const ends = await Promise.all(others.map((role) => role.stop()))
      expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0])
      await layers.close()
      expect((await engines.stop()).code).toBe(0)
      expect(place.alive()).toEqual([])
    },
    LIMIT,
  )
})
