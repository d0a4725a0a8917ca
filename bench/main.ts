// `npm run bench`: real roles as processes, on both queues, beside the bare limits. A round measures
// everything once, so that what disturbs the machine disturbs all of it alike.

import { loadavg } from 'node:os'
import { aborted, listenForStop } from '../connections/engines/stop-signals.ts'
import { type Bare, startBare } from './bare.ts'
import { measureChains, measureCompute } from './chain.ts'
import { measureFanOut } from './fan-out.ts'
import { measureIdleWorker, measureRecovery, measureStandalone } from './footprint.ts'
import { type Installation, install } from './installation.ts'
import { type Benchmark, type BenchOptions, HELP, parseOptions } from './options.ts'
import { measurePickUp, saturation } from './pick-up.ts'
import { machine, writeReport } from './report.ts'
import { Samples } from './samples.ts'
import { type Servers, startServers } from './servers.ts'
import { printTable } from './table.ts'
import { WarehouseBench } from './warehouse/index.ts'

interface Lane {
  installation: Installation
  bare: Bare
  /** Runs per second of the open loop. */
  halfLoad: number
}

/** Of these a round more says little: they are slow, and they vary little. */
const STANDALONE_ROUNDS = 2
const POSTGRES_FAN_OUT_ROUNDS = 2
const RECOVERY_ROUNDS = 1

async function bench(options: BenchOptions): Promise<void> {
  progress('starting Postgres and Redis')
  const servers = await startServers()
  const lanes: Lane[] = []
  const warehouse = new WarehouseBench(servers, options.messages, progress)
  const samples = new Samples()
  let stopping: Promise<void> | undefined
  const stopAll = async () => {
    await Promise.all(lanes.flatMap((lane) => [lane.installation.stop(), lane.bare.stop()]))
    await warehouse.stop()
    await servers.stop()
  }
  /** Once, whoever asks: a signal may come while the end of the run does. */
  const stop = () => {
    stopping ??= stopAll()
    return stopping
  }
  const signals = listenForStop()
  void aborted(signals.asked).then(() => stop().finally(() => signals.die()))
  try {
    if (options.only.some((benchmark) => !isOfWarehouse(benchmark)))
      for (const queue of options.queues) lanes.push(await startLane(servers, queue))
    await warmUp(lanes, options)
    await warehouse.warmUp(options.only)
    for (let round = 1; round <= options.rounds; round++) {
      for (const lane of lanes) await measure(servers, lane, options, samples, round)
      for (const benchmark of options.only.filter(isOfWarehouse)) {
        announce(samples, `round ${round}/${options.rounds}: ${benchmark}`)
        await warehouse.measure(benchmark, samples, round)
      }
    }
  } finally {
    await stop()
  }
  if (options.write) writeReport(samples, servers.durability)
  console.log()
  printTable(samples)
  console.log(`  Durability: ${servers.durability}.`)
  console.log(`  ${machine(samples)}`)
  console.log(
    '  A task is a function in a thread of the worker; times are what the database holds.',
  )
  console.log('  Median (min–max) of the rounds; ratio = Terrace ÷ bare limit of the same round.')
}

async function startLane(servers: Servers, queue: Installation['queue']): Promise<Lane> {
  progress(`starting a scheduler and a worker on ${queue}`)
  const installation = await install(servers, queue)
  const { databaseUrl } = installation
  const bare = await startBare({ queue, redisUrl: servers.redisUrl, databaseUrl })
  return { installation, bare, halfLoad: 0 }
}

/** Files loaded, plans made, code compiled; nothing of it is kept. */
async function warmUp(lanes: readonly Lane[], options: BenchOptions): Promise<void> {
  const discarded = new Samples()
  for (const lane of lanes) {
    const { installation, bare } = lane
    progress(`warming up on ${installation.queue}`)
    if (options.only.includes('B1')) await measureChains(installation, bare, discarded)
    if (options.only.includes('B2')) await measureCompute(installation, bare, discarded)
    if (options.only.includes('B3') && installation.queue === 'redis')
      await measureFanOut(installation, bare, discarded)
    if (options.only.includes('B5')) {
      await saturation(installation)
      lane.halfLoad = (await saturation(installation)) / 2
      progress(`half load on ${installation.queue}: ${Math.round(lane.halfLoad)} runs/s`)
    }
  }
}

async function measure(
  servers: Servers,
  { installation, bare, halfLoad }: Lane,
  { only, rounds }: BenchOptions,
  samples: Samples,
  round: number,
): Promise<void> {
  const { queue } = installation
  for (const benchmark of only) {
    if (isOfWarehouse(benchmark)) continue
    announce(samples, `round ${round}/${rounds}, ${queue}: ${benchmark}`)
    if (benchmark === 'B1') await measureChains(installation, bare, samples)
    if (benchmark === 'B2') await measureCompute(installation, bare, samples)
    if (benchmark === 'B3' && (queue === 'redis' || round <= POSTGRES_FAN_OUT_ROUNDS))
      await measureFanOut(installation, bare, samples)
    if (benchmark === 'B5') await measurePickUp(installation, bare, halfLoad, samples)
    if (benchmark !== 'B8') continue
    await measureIdleWorker(servers, installation, samples)
    if (round <= STANDALONE_ROUNDS) await measureStandalone(servers, queue, samples)
    if (round <= RECOVERY_ROUNDS) await measureRecovery(installation, samples)
  }
}

function isOfWarehouse(benchmark: Benchmark): benchmark is 'B6' | 'B7' {
  return benchmark === 'B6' || benchmark === 'B7'
}

function announce(samples: Samples, what: string): void {
  const load = loadavg()[0]!
  samples.loads.push(load)
  progress(`${what} (load ${load.toFixed(1)})`)
}

function progress(line: string): void {
  console.error(`[${performance.now().toFixed(0).padStart(7)} ms] ${line}`)
}

try {
  const options = parseOptions(process.argv.slice(2))
  if (options) await bench(options)
  else console.log(HELP)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
