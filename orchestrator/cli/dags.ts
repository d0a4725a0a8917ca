import type { Command } from 'commander'
import { examples } from './command-options.ts'
import { defineDagChanges } from './dags-change.ts'
import { defineRunMarks } from './dags-mark.ts'
import { defineDagReads } from './dags-read.ts'
import { defineDagTest } from './dags-test.ts'
import { defineDagTrigger } from './dags-trigger.ts'

export function define(dags: Command): void {
  defineDagReads(dags)
  defineDagTrigger(dags)
  defineRunMarks(dags)
  defineDagChanges(dags)
  defineDagTest(dags)
  examples(
    dags,
    'dags list',
    'dags trigger kafka_to_raw --wait',
    'dags list-runs kafka_to_raw --state failed',
    'dags test my_dag',
  )
}
