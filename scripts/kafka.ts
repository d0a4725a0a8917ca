// npm run kafka: a real Kafka for development, without a container. See --help.

import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EngineError } from '../connections/engines/engine-error.ts'
import { freePort, requireFreePort } from '../connections/engines/ports.ts'
import { aborted, listenForStop } from '../connections/engines/stop-signals.ts'
import { installKafka, KAFKA_VERSION } from './kafka/install-kafka.ts'
import { startKafkaNode } from './kafka/kafka-node.ts'

const HELP = `Apache Kafka ${KAFKA_VERSION}, one node on loopback, in the foreground; Ctrl-C ends it.
Needs Java 17 or later and Maven, which downloads 44 MB once.

  npm run kafka
  npm run kafka -- --port 9093 --folder /srv/kafka
  npm run kafka -- --install-only

  --port <n>       where it listens (default 9092; 0 takes a free one)
  --folder <path>  jars and data (default .terrace/kafka)
  --install-only   download and leave
  --verbose        show Kafka's own log
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9092' },
      folder: { type: 'string', default: '.terrace/kafka' },
      'install-only': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(HELP)
  const wanted = Number(values.port)
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65535) {
    throw new EngineError(`--port ${values.port}: must be a port, 0 to 65535`)
  }
  const folder = resolve(values.folder)
  installKafka(folder)
  if (values['install-only']) return console.log(`Kafka ${KAFKA_VERSION} is in ${folder}.`)

  await requireFreePort(wanted, 'Kafka', '--port')
  const signals = listenForStop()
  const port = wanted || (await freePort())
  const node = await startKafkaNode({
    folder,
    data: join(folder, 'data'),
    port,
    ...(values.verbose && { onOutput: (text) => process.stderr.write(text) }),
  })
  console.log(`Kafka ${KAFKA_VERSION} listens on ${node.brokers}; Ctrl-C ends it.`)
  console.log(`Point Terrace at it with KAFKA_BROKERS=${node.brokers}`)
  const end = await Promise.race([node.ended, aborted(signals.asked)])
  if (!signals.asked.aborted) {
    throw new EngineError(`Kafka ended by itself (${end}); --verbose shows its log.`)
  }
  // In a hurry the shell beside Kafka ends it, a moment after this process.
  await Promise.race([node.stop(), aborted(signals.urged)])
  if (signals.urged.aborted) await signals.die()
  console.log('Stopped.')
  signals.release()
}

main().catch((error: unknown) => {
  const usage = error instanceof TypeError && 'code' in error
  console.error(error instanceof EngineError || usage ? error.message : error)
  process.exitCode = usage ? 2 : 1
})
