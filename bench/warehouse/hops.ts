// B7: raw → dds and dds → marts by the tasks of their DAGs, each hop beside its bare limit. A round
// begins with two copies of a database whose raw is full: one for Terrace, one for the limit.

import type { ClickHouseClient } from '@clickhouse/client'
import ddsToClickhouse from '../../dags/dds_to_clickhouse.ts'
import kafkaToRaw from '../../dags/kafka_to_raw.ts'
import rawToDds from '../../dags/raw_to_dds.ts'
import type { Samples } from '../samples.ts'
import { copyPlainTables, countFacts, insertFacts } from './bare-marts.ts'
import { countVault, loadBareVault } from './bare-vault.ts'
import { type BenchWarehouse, openBenchWarehouse, settle } from './bench-warehouse.ts'
import { fillTopic } from './fill-topic.ts'
import { type RanTasks, runDag, secondsOf } from './run-dag.ts'

export interface Hops {
  measure(samples: Samples): Promise<void>
}

export interface HopsPlace {
  postgresUrl: string
  clickhouseUrl: string
  /** Of ClickHouse, not bound to a database: the marts go and come with each round. */
  admin: ClickHouseClient
}

const LANDED = 'bench_landed'
/** Nothing runs beside them, and the limit does not do their work. */
const LOOK_UPS = /^(find_lookups|get_)/

/** Lands so many messages; each measurement starts from there. */
export async function prepareHops(place: HopsPlace, messages: number): Promise<Hops> {
  const { postgresUrl } = place
  const landed = await openBenchWarehouse({ postgresUrl, name: LANDED })
  const { eventLog } = landed.connections
  const rows = await fillTopic(eventLog, messages)
  landed.use()
  await runDag(kafkaToRaw)
  // The log has done its part, and would be copied for nothing.
  await landed.pool.query('truncate event_log.message')
  await landed.pool.query('vacuum analyze raw.user_events')
  await landed.close()
  return { measure: (samples) => measureHops(place, rows, samples) }
}

async function measureHops(
  { postgresUrl, clickhouseUrl, admin }: HopsPlace,
  rows: number,
  samples: Samples,
): Promise<void> {
  const bare = await openBenchWarehouse({ postgresUrl, name: 'bench_bare', template: LANDED })
  await settle(bare.pool)
  samples.add('b7_vault', 'postgres', 'limit', rows / (await loadBareVault(bare.pool)))
  const wanted = await countVault(bare.pool)
  await bare.drop()

  await admin.command({ query: 'drop database if exists marts sync' })
  const ours = await openBenchWarehouse({
    postgresUrl,
    clickhouseUrl,
    name: 'bench_ours',
    template: LANDED,
  })
  ours.use()
  await settle(ours.pool)
  const ran = await runDag(rawToDds)
  const lookUps = secondsOf(ran, (taskId) => LOOK_UPS.test(taskId))
  samples.add('b7_vault', 'postgres', 'terrace', rows / (secondsOf(ran) - lookUps))
  samples.add('b7_look_ups', 'postgres', 'terrace', rows / secondsOf(ran))
  const found = await countVault(ours.pool)
  if (found !== wanted)
    throw new Error(`The limit of raw → dds does not do the same work:\n${wanted}\n${found}`)
  await measureMarts(ours, samples)
  await ours.drop()
}

async function measureMarts({ pool, connections }: BenchWarehouse, samples: Samples) {
  await settle(pool)
  const ran = await runDag(ddsToClickhouse)
  const facts = await countFacts(connections)
  const transfer = secondsOf(ran, (taskId) => taskId.startsWith('transfer_'))
  // Some marts are built while a fact that they do not read is still loaded.
  const build = (endOf(ran, 'build_') - endOf(ran, 'transfer_')) / 1_000
  const copied = await copyPlainTables(connections)
  const inserted = await insertFacts(connections)
  samples.add('b7_facts', 'postgres', 'terrace', facts / transfer)
  samples.add('b7_facts', 'postgres', 'limit', Math.min(copied, inserted))
  samples.add('b7_marts', 'postgres', 'terrace', facts / build)
}

/** When the last of these tasks ended, by performance.now(). */
function endOf(ran: RanTasks, prefix: string): number {
  const ends = [...ran.values()].flatMap((task) =>
    task.taskId.startsWith(prefix) ? task.endedAt : [],
  )
  return Math.max(...ends)
}
