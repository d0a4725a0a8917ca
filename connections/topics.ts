// The topics that raw lands, from seeds/topics.json: the one place that declares them. Each is made in
// the event log when Terrace starts, and has a partition of raw.message since the last migration.

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { TopicSpec } from './event-log/types.ts'
import { sqlPath } from './sql-file.ts'

const FILE = 'seeds/topics.json'

const ROW =
  '{ "topic": "orders", "partitions": 3, "landed_by": "order_stream", "loaded_by": "order_stream" }'

/** A topic has one lander, and one DAG that takes it from raw to dds. */
export interface DeclaredTopic extends TopicSpec {
  landedBy: string
  loadedBy: string
}

const rows = z.array(
  z.strictObject({
    topic: z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, {
      error: 'use at most 63 lower-case letters, digits, "-" and "_", a letter first',
    }),
    /** Of the topic in the event log. A topic that exists keeps what it has. */
    partitions: z.int().min(1).max(1_000),
    landed_by: z.string().min(1),
    loaded_by: z.string().min(1),
  }),
)

/** The file does not say what it has to; the message names row and field. */
export class TopicsFileError extends Error {
  override name = 'TopicsFileError'
}

/** Nobody declared the topic, so raw has no place for it. */
export class UndeclaredTopicError extends Error {
  override name = 'UndeclaredTopicError'
  constructor(topic: string) {
    const known = declaredTopics().map((one) => one.topic)
    super(
      `Topic "${topic}" is not declared, so raw.message has no partition for it. Declared are ` +
        `${known.join(', ') || 'none'}. Correct the name, or add a row such as ${ROW} to ${FILE} and ` +
        'run `terrace db migrate`.',
    )
  }
}

let declared: readonly DeclaredTopic[] | undefined

/** In the order of the file. The orchestrator alone, as the package has it, declares none. */
export function declaredTopics(): readonly DeclaredTopic[] {
  declared ??= readTopics()
  return declared
}

/** @throws UndeclaredTopicError */
export function declaredTopic(topic: string): DeclaredTopic {
  const found = declaredTopics().find((one) => one.topic === topic)
  if (found === undefined) throw new UndeclaredTopicError(topic)
  return found
}

/** The partition of raw.message that a topic is landed in. @throws UndeclaredTopicError */
export function partitionOf(topic: string): string {
  return `raw.${declaredTopic(topic).topic.replaceAll('-', '_')}`
}

function readTopics(): DeclaredTopic[] {
  const path = sqlPath(`../${FILE}`)
  return existsSync(path) ? parseTopics(readFileSync(path, 'utf8')) : []
}

/** @throws TopicsFileError */
export function parseTopics(text: string): DeclaredTopic[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new TopicsFileError(`${FILE} is no JSON: ${(error as Error).message}. Correct it.`)
  }
  const { data, error } = rows.safeParse(json)
  if (error) {
    const { path, message } = error.issues[0]!
    const [row, ...field] = path
    const where = typeof row === 'number' ? ` in row ${row + 1}` : ''
    const what = field.length > 0 ? `"${field.join('.')}" ` : ''
    throw new TopicsFileError(`${FILE} is wrong${where}: ${what}${message}. A row is ${ROW}.`)
  }
  const names = new Map<string, string>()
  for (const { topic } of data) {
    const partition = topic.replaceAll('-', '_')
    const other = names.get(partition)
    if (other !== undefined) {
      throw new TopicsFileError(
        `${FILE} is wrong: ${other === topic ? `topic "${topic}" stands there twice` : `topics "${other}" and "${topic}" would share the partition raw.${partition}`}. ` +
          'Leave one of them, or give it another name.',
      )
    }
    names.set(partition, topic)
  }
  return data.map(({ landed_by: landedBy, loaded_by: loadedBy, ...spec }) => ({
    ...spec,
    landedBy,
    loadedBy,
  }))
}
