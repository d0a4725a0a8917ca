// B6 and B7: the warehouse on the servers of the run, with a Kafka and a ClickHouse of its own.

import { type ClickHouseClient, createClient } from '@clickhouse/client'
import type { ClickHouseFront } from '../../connections/clickhouse-front/spawn.ts'
import type { KafkaNode } from '../../scripts/kafka/kafka-node.ts'
import type { Benchmark } from '../options.ts'
import { Samples } from '../samples.ts'
import type { Servers } from '../servers.ts'
import { type BenchWarehouse, openBenchWarehouse } from './bench-warehouse.ts'
import { startClickHouse } from './clickhouse.ts'
import { fillTopic } from './fill-topic.ts'
import { measureFreshness } from './freshness.ts'
import { type Hops, prepareHops } from './hops.ts'
import { startKafka } from './kafka.ts'
import { measureLanding } from './landing.ts'

/** It takes minutes, and holds thousands of events. */
const FRESHNESS_ROUNDS = 1

export class WarehouseBench {
  readonly #servers: Servers
  readonly #messages: number
  readonly #say: (line: string) => void
  #kafka: KafkaNode | null = null
  #front: ClickHouseFront | null = null
  #admin: ClickHouseClient | null = null
  #logs: BenchWarehouse[] = []
  #hops: Hops | null = null

  constructor(servers: Servers, messages: number, say: (line: string) => void) {
    this.#servers = servers
    this.#messages = messages
    this.#say = say
  }

  /** Starts what these benchmarks need, fills it, and measures once for nothing. */
  async warmUp(only: readonly Benchmark[]): Promise<void> {
    const discarded = new Samples()
    if (only.includes('B6')) {
      await this.#prepareLanding()
      for (const log of this.#logs) await measureLanding(log, discarded)
    }
    if (only.includes('B7')) {
      await this.#prepareHops()
      await this.#hops!.measure(discarded)
    }
  }

  async measure(benchmark: 'B6' | 'B7', samples: Samples, round: number): Promise<void> {
    if (benchmark === 'B6') {
      for (const log of this.#logs) await measureLanding(log, samples)
      return
    }
    await this.#hops!.measure(samples)
    if (round <= FRESHNESS_ROUNDS) await measureFreshness(samples)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#logs.map((log) => log.close()), this.#admin?.close()])
    await Promise.all([this.#kafka?.stop(), this.#front?.stop()])
  }

  async #prepareLanding(): Promise<void> {
    const { home, postgresUrl } = this.#servers
    this.#kafka = await startKafka(home, this.#say)
    this.#say(`filling the event log with ${this.#messages} messages`)
    this.#logs.push(await openBenchWarehouse({ postgresUrl, name: 'bench_log_postgres' }))
    if (this.#kafka !== null) {
      const brokers = [this.#kafka.brokers]
      this.#logs.push(await openBenchWarehouse({ postgresUrl, brokers, name: 'bench_log_kafka' }))
    }
    for (const { connections } of this.#logs) await fillTopic(connections.eventLog, this.#messages)
  }

  async #prepareHops(): Promise<void> {
    const { home, postgresUrl } = this.#servers
    this.#front = await startClickHouse(home)
    const { url: clickhouseUrl } = this.#front
    this.#admin = createClient({ url: clickhouseUrl })
    this.#say(`landing ${this.#messages} messages`)
    const place = { postgresUrl, clickhouseUrl, admin: this.#admin }
    this.#hops = await prepareHops(place, this.#messages)
  }
}
