// `engines.json` in TERRACE_HOME: where the engines are that one process runs for the others.
// Written whole (renamed into place), readable by its user only since it holds passwords.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { kafkaOptions } from '../event-log/kafka-options.ts'
import type { EngineAddresses } from './types.ts'

const schema = z.object({
  owner: z.object({ pid: z.number(), start: z.string() }),
  /** Of the embedded engines. */
  pids: z.record(z.string(), z.number()),
  addresses: z.object({
    databaseUrl: z.string(),
    warehouseUrl: z.string(),
    redisUrl: z.string().nullable(),
    kafkaBrokers: z.array(z.string()).nullable(),
    kafkaOptions: kafkaOptions.optional(),
    clickhouseUrl: z.string(),
  }) satisfies z.ZodType<EngineAddresses>,
})

export type EngineFile = z.infer<typeof schema>

export function engineFilePath(home: string): string {
  return join(home, 'engines.json')
}

export function writeEngineFile(home: string, content: EngineFile): void {
  const path = engineFilePath(home)
  const unfinished = `${path}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  renameSync(unfinished, path)
}

/** Null when there is none, or none that can be read. */
export function readEngineFile(home: string): EngineFile | null {
  try {
    return schema.parse(JSON.parse(readFileSync(engineFilePath(home), 'utf8')))
  } catch {
    return null
  }
}

export function removeEngineFile(home: string): void {
  rmSync(engineFilePath(home), { force: true })
}
