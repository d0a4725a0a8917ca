import type { Command } from 'commander'
import { defineDagChanges } from './dags-change.ts'
import { defineDagReads } from './dags-read.ts'
import { defineDagTest } from './dags-test.ts'
import { defineDagTrigger } from './dags-trigger.ts'

export function define(dags: Command): void {
  defineDagReads(dags)
  defineDagTrigger(dags)
  defineDagChanges(dags)
  defineDagTest(dags)
}
