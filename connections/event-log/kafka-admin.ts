// One admin client for all questions of a process. kafkajs keeps its picture of the cluster for five
// minutes and does not renew it when a partition's leader has moved or is not there yet: such a
// failure, like a lost connection, gets a new client and another try.

import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import { isClosed, isPassing } from './kafka-errors.ts'

const PAUSES_MS = [50, 100, 200, 400, 800, 1600]

export interface KafkaAdmin {
  ask<T>(question: (admin: Admin) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export function createKafkaAdmin(kafka: Kafka): KafkaAdmin {
  let current: Promise<Admin> | undefined
  /** A broker that never answered does not restart: it speaks TLS, or wants a user. */
  let hasAnswered = false
  const isWorthAnother = (error: unknown) => isPassing(error) && (hasAnswered || !isClosed(error))

  async function connect(): Promise<Admin> {
    const admin = kafka.admin()
    try {
      await admin.connect()
      return admin
    } catch (error) {
      await admin.disconnect().catch(() => {})
      throw error
    }
  }

  async function replace(failed: Promise<Admin>): Promise<void> {
    if (current === failed) current = undefined
    await failed.then((admin) => admin.disconnect()).catch(() => {})
  }

  return {
    ask: (question) =>
      whilePassing(async () => {
        current ??= connect()
        const asked = current
        try {
          const answer = await question(await asked)
          hasAnswered = true
          return answer
        } catch (error) {
          await replace(asked)
          throw error
        }
      }, isWorthAnother),
    async close() {
      if (current !== undefined) await replace(current)
    },
  }
}

/** Tries again, for about 3 s, while the cluster is only in the middle of something. */
export async function whilePassing<T>(
  work: () => Promise<T>,
  isWorthAnother: (error: unknown) => boolean = isPassing,
): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isWorthAnother(error)) throw error
    }
    await delay(pause)
  }
  return work()
}
