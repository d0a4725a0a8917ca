// How a Kafka is reached beyond its addresses: TLS, SASL, and the names that a shared cluster allows.

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export const kafkaOptions = z.object({
  /** null: without TLS. `ca` is PEM text; null trusts what Node trusts. */
  ssl: z.object({ ca: z.string().nullable() }).nullable(),
  sasl: z
    .object({ mechanism: z.enum(SASL_MECHANISMS), username: z.string(), password: z.string() })
    .nullable(),
  /** Stands before the name of each topic and consumer group on the server. */
  topicPrefix: z.string(),
  /** Of topics that are made; null is the default of the brokers. */
  replicationFactor: z.number().nullable(),
})

export type KafkaOptions = z.infer<typeof kafkaOptions>

export const PLAIN_KAFKA: KafkaOptions = {
  ssl: null,
  sasl: null,
  topicPrefix: '',
  replicationFactor: null,
}

const replicationMessage = 'must be a whole number of brokers, 1 to 32767'

/** The variables, for the schema of the environment. */
export const kafkaVariables = {
  KAFKA_SSL: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((text) => text === 'true')
    .default(false),
  /** A file of certificates in PEM, or its text. */
  KAFKA_SSL_CA: z
    .string()
    .transform((text, context) => {
      const pem = readPem(text)
      if (pem?.includes('-----BEGIN CERTIFICATE-----')) return pem
      const message = pem === null ? 'is no file that can be read' : 'holds no certificate in PEM'
      context.addIssue({ code: 'custom', message: `${message}; name a file of PEM, or its text` })
      return z.NEVER
    })
    .optional(),
  KAFKA_SASL_MECHANISM: z
    .enum(SASL_MECHANISMS, { error: `must be ${SASL_MECHANISMS.join(', ')}` })
    .optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,150}$/, {
      error: 'must be up to 150 letters, digits, ".", "_" and "-", as names of topics are',
    })
    .optional(),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number({ error: replicationMessage })
    .int({ error: replicationMessage })
    .min(1, { error: replicationMessage })
    .max(32767, { error: replicationMessage })
    .optional(),
}

type KafkaVariables = z.infer<z.ZodObject<typeof kafkaVariables>>

/** Variables that are missing beside others: name and why. */
export function missingKafkaVariables(env: KafkaVariables): [string, string][] {
  const sasl = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const
  const set = sasl.filter((name) => env[name] !== undefined)
  const missing: [string, string][] =
    set.length === 0
      ? []
      : sasl
          .filter((name) => env[name] === undefined)
          .map((name) => [name, `is not set, and ${set[0]} is: SASL needs all three. Set it`])
  if (env.KAFKA_SSL_CA !== undefined && !env.KAFKA_SSL) {
    missing.push([
      'KAFKA_SSL',
      'is not true, and KAFKA_SSL_CA is set. Set it to true, or unset that',
    ])
  }
  return missing
}

export function kafkaOptionsOf(env: KafkaVariables): KafkaOptions {
  const { KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = env
  return {
    ssl: env.KAFKA_SSL ? { ca: env.KAFKA_SSL_CA ?? null } : null,
    sasl:
      KAFKA_SASL_MECHANISM && KAFKA_SASL_USERNAME && KAFKA_SASL_PASSWORD
        ? {
            mechanism: KAFKA_SASL_MECHANISM,
            username: KAFKA_SASL_USERNAME,
            password: KAFKA_SASL_PASSWORD,
          }
        : null,
    topicPrefix: env.KAFKA_TOPIC_PREFIX ?? '',
    replicationFactor: env.KAFKA_REPLICATION_FACTOR ?? null,
  }
}

function readPem(text: string): string | null {
  if (text.includes('-----BEGIN')) return text
  try {
    return existsSync(text) ? readFileSync(text, 'utf8') : null
  } catch {
    return null
  }
}
