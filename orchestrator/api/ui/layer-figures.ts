// Asks one box of the layers for its figures: the row that its statement answers, or what the event log
// holds of its topic.

import { type PartitionRange, UnknownTopicError } from '../../../connections/event-log/types.ts'
import { readMarts } from '../../../connections/read-marts.ts'
import { counted } from '../../counted.ts'
import type { LayerBox } from '../../project-files/layers.ts'
import { type ProjectReads, READ_SECONDS } from './project-reads.ts'

export interface Figures {
  rows: number | null
  newestAt: Date | null
  lag: number | null
  quarantined: number | null
}

export const NO_FIGURES: Figures = { rows: null, newestAt: null, lag: null, quarantined: null }

const COLUMNS = ['rows', 'newest_at', 'lag', 'quarantined']

type Row = Record<string, unknown>

/** @throws whatever the engine says, or an Error that tells what is wrong with the answer */
export async function readFigures(project: ProjectReads, box: LayerBox): Promise<Figures> {
  const rows = await readRows(project, box)
  if (box.topic !== null) return topicFigures(await rangesOf(project, box.topic), rows)
  const [row] = rows
  if (row === undefined || rows.length > 1) {
    throw new Error(
      `the statement answers ${counted(rows.length, 'row')}. Write one that answers one.`,
    )
  }
  const other = Object.keys(row).find((name) => !COLUMNS.includes(name))
  if (other !== undefined) {
    throw new Error(`the statement answers "${other}". Use ${COLUMNS.join(', ')}.`)
  }
  return {
    rows: countOf(row, 'rows'),
    newestAt: timeOf(row, 'newest_at'),
    lag: countOf(row, 'lag'),
    quarantined: countOf(row, 'quarantined'),
  }
}

async function readRows(project: ProjectReads, { database, sql }: LayerBox): Promise<Row[]> {
  if (database === 'warehouse') {
    // The extended protocol takes one statement only: another could end the read-only transaction.
    const statement = { text: sql, queryMode: 'extended' }
    return (await project.warehouse.query<Row>(statement)).rows
  }
  const { columns, rows } = await readMarts({
    url: project.clickhouseUrl,
    query: sql,
    timeoutSeconds: READ_SECONDS,
    settings: { limit: '2', date_time_output_format: 'iso' },
  })
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])))
}

/** A topic that nobody has written to yet holds nothing. */
async function rangesOf({ eventLog }: ProjectReads, topic: string): Promise<PartitionRange[]> {
  try {
    return await eventLog.ranges(topic)
  } catch (error) {
    if (error instanceof UnknownTopicError) return []
    throw error
  }
}

function topicFigures(ranges: readonly PartitionRange[], taken: readonly Row[]): Figures {
  const takenOf = new Map(taken.map((row) => [Number(row.partition), offsetOf(row)]))
  let held = 0n
  let lag = 0n
  for (const { partition, firstOffset, nextOffset } of ranges) {
    const next = takenOf.get(partition) ?? firstOffset
    if (next > nextOffset) {
      throw new Error(
        `partition ${partition} was taken up to offset ${next}, and the event log ends at ` +
          `${nextOffset}. It is another log, or it has lost messages.`,
      )
    }
    held += nextOffset - firstOffset
    // What the log no longer holds can be taken no more.
    lag += next < firstOffset ? nextOffset - firstOffset : nextOffset - next
  }
  return { ...NO_FIGURES, rows: Number(held), lag: Number(lag) }
}

function offsetOf(row: Row): bigint {
  if (/^\d+$/.test(String(row.next_offset))) return BigInt(String(row.next_offset))
  throw new Error('the statement of a topic answers `partition` and `next_offset`.')
}

function countOf(row: Row, column: string): number | null {
  const value = row[column] ?? null
  if (value === null) return null
  const count = Number(value)
  if (Number.isFinite(count)) return count
  throw new Error(`"${column}" is ${JSON.stringify(value)}. Let it be a number.`)
}

function timeOf(row: Row, column: string): Date | null {
  const value = row[column] ?? null
  if (value === null) return null
  const time = value instanceof Date ? value : new Date(String(value))
  // ClickHouse has no row without a maximum: it answers the beginning of time.
  if (time.getTime() === 0) return null
  if (!Number.isNaN(time.getTime())) return time
  throw new Error(`"${column}" is ${JSON.stringify(value)}. Let it be a time with its zone.`)
}
