// The whole shop with Redis and Kafka and two sources on two topics, while processes are killed at random:
// every event id of Kafka is in every layer once, and the money of closed orders is right to the cent.
//
// TERRACE_SHOP_EVENTS is about how many events are sent (default 4,000; TERRACE_LONG: 200,000),
// TERRACE_CHAOS_SEED repeats which process is killed.

import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEngineFile } from '../../connections/engines/engine-file.ts'
import { createRandom } from '../../generators/random.ts'
import { lane } from '../support/lanes.ts'
import { type LayerCounts, type Layers, openLayers } from '../support/layers.ts'
import { type Installation, installation, type RoleUnderTest } from '../support/processes.ts'
import { type TestServer, temporaryFolder } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { dagFolder } from './dag-folder.ts'
import { closedAmounts } from './plain-money.ts'
import { openSentOrders, type SentOrders } from './sent-orders.ts'

const IS_LONG = process.env.TERRACE_LONG !== undefined
const EVENTS = Number(process.env.TERRACE_SHOP_EVENTS ?? (IS_LONG ? 200_000 : 4_000))
const SEED = process.env.TERRACE_CHAOS_SEED ?? String(Math.floor(Math.random() * 2 ** 31))
const ORDERS = Math.ceil(EVENTS / 10)
const KILLS = IS_LONG ? 10 : 4
const LIMIT = IS_LONG ? 1_800_000 : 300_000
const PATIENCE = { withinMs: LIMIT }
const redis = lane('redis')
const kafka = lane('kafka')

interface Slot {
  role: 'scheduler' | 'worker'
  hostname: string
  process?: RoleUnderTest
}

describe.skipIf(redis.missing || kafka.missing)(
  `A shop of ${EVENTS} events under ${KILLS} kills (TERRACE_CHAOS_SEED=${SEED})`,
  () => {
    const folder = temporaryFolder('shop-under-kills')
    const slots: Slot[] = [
      { role: 'scheduler', hostname: 'scheduler' },
      { role: 'worker', hostname: 'one' },
      { role: 'worker', hostname: 'two' },
    ]
    let servers: TestServer<string>[] = []
    let place: Installation
    let layers: Layers
    let orders: SentOrders

    const fill = async (slot: Slot) => {
      slot.process = await place.start(slot.role, { env: { TERRACE_HOSTNAME: slot.hostname } })
    }

    beforeAll(async () => {
      servers = await Promise.all([redis.start(), kafka.start()])
      place = await installation({
        TERRACE_DAGS_FOLDER: dagFolder(folder).path,
        TERRACE_LEASE_SECONDS: '5',
        REDIS_URL: servers[0]!.address,
        KAFKA_BROKERS: servers[1]!.address,
      })
      await place.start('engines')
      const { addresses } = readEngineFile(place.home)!
      layers = openLayers(addresses)
      orders = openSentOrders(addresses)
      await Promise.all(slots.map(fill))
    }, LIMIT)
    afterAll(async () => {
      await Promise.all([layers?.close(), orders?.close()])
      await place?.close()
      await Promise.all(servers.map((server) => server.stop()))
      rmSync(folder, { recursive: true, force: true })
    }, LIMIT)

    test(
      'is in every layer once, to the cent',
      async () => {
        const random = createRandom(SEED)
        await until(
          'the DAGs are known',
          async () => (await place.run('dags', 'details', 'generate_events')).code === 0,
          PATIENCE,
        )
        // A slice of the events for each kill, so that every kill hits a shop at work.
        for (let kill = 1; kill <= KILLS; kill++) {
          const slice = { days: 1, eventsPerMinute: EVENTS / KILLS / 1_440, seed: `slice ${kill}` }
          const before = await layers.counts()
          await orders.send(ORDERS / KILLS)
          expect(
            await place.run('dags', 'trigger', 'generate_events', '--conf', JSON.stringify(slice)),
          ).toMatchObject({ code: 0 })
          await until(
            'rows move on',
            async () => sum(await layers.counts()) > sum(before),
            PATIENCE,
          )
          const victim = random.pick(slots)
          victim.process!.signal('SIGKILL')
          await victim.process!.ended
          await fill(victim)
        }
        await until('every slice is sent', () => allEnded(layers, 'manual'), PATIENCE)
        expect(await place.run('dags', 'pause', 'generate_events')).toMatchObject({ code: 0 })
        await layers.quiet(PATIENCE)

        const { produced, loaded, refused } = await layers.expectSetsEqual()
        expect(produced).toBeGreaterThan(EVENTS * 0.8)
        expect(produced).toBe(loaded + refused)
        const expected = closedAmounts(await layers.messages(), await layers.loadedPlaces())
        expect(await layers.amounts('terrace')).toEqual(expected)
        expect(await layers.amounts('ehandel')).toEqual({ SEK: orders.worth() })
        expect(refused).toBeGreaterThanOrEqual(orders.refused())
        console.info(`${produced} messages, ${loaded} loaded, ${refused} refused`, expected)
      },
      LIMIT,
    )
  },
)

async function allEnded({ metadata }: Layers, runType: string): Promise<boolean> {
  const { rowCount } = await metadata.query(
    `select from terrace.dag_run
     where dag_id = 'generate_events' and run_type = $1 and state in ('queued', 'running')`,
    [runType],
  )
  return rowCount === 0
}

function sum({ raw, dds, facts }: LayerCounts): number {
  return raw + dds + facts
}
