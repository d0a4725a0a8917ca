// A Kafka of the run's own, where this machine has its jars.

import { join } from 'node:path'
import { freePort } from '../../connections/engines/ports.ts'
import { isKafkaInstalled } from '../../scripts/kafka/install-kafka.ts'
import { type KafkaNode, startKafkaNode } from '../../scripts/kafka/kafka-node.ts'

const FOLDER = process.env.TERRACE_KAFKA_FOLDER ?? '.terrace/kafka'

/** Null, and one line that says why, where it is missing. */
export async function startKafka(
  home: string,
  say: (line: string) => void,
): Promise<KafkaNode | null> {
  if (isKafkaInstalled(FOLDER))
    return startKafkaNode({ folder: FOLDER, data: join(home, 'kafka'), port: await freePort() })
  say(
    `B6 on Kafka is left out: no Kafka in ${FOLDER}. Run \`npm run kafka -- --install-only\`, ` +
      'or name its folder in TERRACE_KAFKA_FOLDER.',
  )
  return null
}
