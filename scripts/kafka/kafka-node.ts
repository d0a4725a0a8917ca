// One KRaft node (broker and controller) on loopback, small enough for a laptop.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../connections/engines/engine-error.ts'
import { freePort } from '../../connections/engines/ports.ts'
import { type OwnedServer, startOwnedServer } from '../owned-server.ts'
import { isKafkaInstalled, kafkaJars } from './install-kafka.ts'

export interface KafkaNodeOptions {
  /** Where `installKafka` put the jars. */
  folder: string
  /** Of this node's log; kept from start to start. */
  data: string
  port: number
  /** Of server.properties, instead of ours; `listeners` are added to ours. */
  settings?: Record<string, string>
  /** Of the tool that formats the storage, such as `--add-scram`. */
  formatArgs?: string[]
  onOutput?: (text: string) => void
}

export interface KafkaNode extends OwnedServer {
  brokers: string
}

export async function startKafkaNode(options: KafkaNodeOptions): Promise<KafkaNode> {
  const { folder, data, port } = options
  if (!isKafkaInstalled(folder)) {
    throw new EngineError(
      `Kafka is not installed in ${folder}. Run \`npm run kafka -- --install-only\`.`,
    )
  }
  mkdirSync(data, { recursive: true })
  const config = join(data, 'server.properties')
  writeFileSync(config, properties(data, port, await freePort(), options.settings ?? {}))
  const classpath = join(kafkaJars(folder), '*')
  if (!existsSync(join(data, 'log', 'meta.properties')))
    format(classpath, config, options.formatArgs ?? [])
  const server = await startOwnedServer({
    name: 'Kafka',
    command: 'java',
    args: ['-Xmx512m', '-Djava.awt.headless=true', '-cp', classpath, 'kafka.Kafka', config],
    ready: /Kafka Server started/,
    ...(options.onOutput && { onOutput: options.onOutput }),
  })
  return { ...server, brokers: `127.0.0.1:${port}` }
}

function properties(
  data: string,
  port: number,
  controllerPort: number,
  settings: Record<string, string>,
): string {
  const { listeners: others = '', ...rest } = settings
  const more = others.split(',').filter(Boolean)
  return `${Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [
      `PLAINTEXT://127.0.0.1:${port}`,
      `CONTROLLER://127.0.0.1:${controllerPort}`,
      ...more,
    ].join(','),
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(data, 'log'),
    'num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A misspelt topic must be an error, as on a real cluster.
    'auto.create.topics.enable': false,
    ...rest,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
}

function format(classpath: string, config: string, args: string[]): void {
  // Kafka's cluster ids are a uuid in base64; one that begins with a dash would read as a flag.
  const clusterId = `T${randomBytes(16).toString('base64url').slice(1)}`
  const run = spawnSync(
    'java',
    ['-cp', classpath, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config, ...args],
    { encoding: 'utf8' },
  )
  if (run.status === 0) return
  throw new EngineError(
    `Kafka's storage could not be formatted: ${run.error?.message ?? `${run.stdout}${run.stderr}`}`,
  )
}
