// Holds what the loads of this run took against the contracts of the sources. It alerts and stops
// nothing: what was accepted is published, what was refused waits in quarantine.

import { connections } from '../../connections/index.ts'
import { counted } from '../../orchestrator/counted.ts'
import { DataCheckFailed, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { findSource } from '../messages/adapters.ts'
import { ALERT_OF_NO_CONTRACT } from '../messages/contract.ts'
import type { LoadArgs } from './load-targets.ts'

export interface ContractReport {
  /** Messages that have a field that is in no contract, by source and field. */
  newFields: Record<string, number>
}

/** @throws DataCheckFailed when more of a source's messages are in quarantine than its contract allows */
export async function checkContracts(
  { loads }: LoadArgs,
  context: TaskContext,
): Promise<ContractReport> {
  const { warehouse } = await connections()
  const { rows: fields } = await warehouse.query<{ name: string; count: string }>(
    `select source || ': ' || field as name, sum(count_messages) as count
     from raw.new_field
     where load_id = any($1::bigint[])
     group by source, field
     order by source, field`,
    [loads.loadIds],
  )
  const newFields = Object.fromEntries(fields.map(({ name, count }) => [name, Number(count)]))
  if (fields.length > 0) {
    context.log.warning(
      `${counted(fields.length, 'field')} of messages are in no contract. Add them to ` +
        'tasks/sources/<source>.contract.json, or ask who sends them',
      newFields,
    )
  }
  const { rows: sources } = await warehouse.query<SourceCount>(
    `select source, sum(count_raw)::int as all, sum(count_quarantined)::int as refused
     from raw.load_source
     where load_id = any($1::bigint[])
     group by source
     order by source`,
    [loads.loadIds],
  )
  const broken = sources.filter(isBroken)
  if (broken.length > 0) throw new DataCheckFailed(broken.map(problemOf).join('\n'))
  return { newFields }
}

interface SourceCount {
  source: string
  all: number
  refused: number
}

function alertOf(source: string) {
  return findSource(source)?.contract?.alert ?? ALERT_OF_NO_CONTRACT
}

function isBroken({ source, all, refused }: SourceCount): boolean {
  const { share, from } = alertOf(source)
  return refused >= from && refused > all * share
}

function problemOf({ source, all, refused }: SourceCount): string {
  return (
    `Source "${source}": ${refused} of ${counted(all, 'message')} are in quarantine, more than the ` +
    `${alertOf(source).share * 100} % that its contract allows. The rest is published. See which and why: ` +
    'terrace quarantine list'
  )
}
