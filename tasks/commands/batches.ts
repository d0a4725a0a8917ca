// batches: what is on its way to the marts or was set aside, and taking it up again.

import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import {
  type Command,
  CommandError,
  examples,
  type OutputFormat,
  outputOption,
  printable,
  printRows,
  UsageError,
} from '../../orchestrator/cli/commands.ts'
import { lockBatches } from '../marts/batches.ts'
import { setAside } from '../marts/set-aside.ts'
import type { BatchStatus } from '../marts/tell-set-aside.ts'
import { withTables } from './with-tables.ts'

const COLUMNS = [
  'batch_id',
  'source',
  'state',
  'loads',
  'events',
  'first_day',
  'last_day',
  'failed_runs',
]

export function define(batches: Command): void {
  const list = batches
    .command('list')
    .description('batches that are not published: on their way, or set aside, and what failed')
    .addOption(outputOption())
    .action(async ({ output }: { output: OutputFormat }) => {
      const rows = await withTables('batches', async (pool) => readBatches(pool))
      if (output === 'json' || output === 'yaml') return printRows(rows, output)
      await printRows(rows, output, COLUMNS)
      if (output !== 'table') return
      for (const { batch_id: id, problem } of rows) {
        if (problem)
          process.stdout.write(`\nBatch ${id}: ${problem.split('\n').map(printable).join('\n')}\n`)
      }
    })
  examples(list, 'batches list', 'batches list -o json')

  const retry = batches
    .command('retry')
    .argument('<batch>', 'a batch that was set aside', batchArgument)
    .description('take up a batch that was set aside: the next run loads it, alone')
    .action(async (id: string) => {
      await withTables('batches', async (pool) => {
        const { rowCount } = await pool.query(
          `update dds.mart_batch set retry_asked_at = clock_timestamp()
           where batch_id = $1 and state = 'set_aside'`,
          [id],
        )
        if (rowCount === 0) throw await noSuchBatch(pool, id, 'set_aside')
      })
      process.stdout.write(
        `Batch ${id} is taken up by the next run of dds_to_clickhouse, under a new number: ` +
          'terrace dags trigger dds_to_clickhouse\n',
      )
    })
  examples(retry, 'batches retry 5')

  const aside = batches
    .command('set-aside')
    .argument('<batch>', 'the batch that is on its way', batchArgument)
    .description('let the loads after a batch go on without it')
    .action(async (id: string) => {
      await withTables('batches', (pool) => setAsideByHand(pool, id))
      process.stdout.write(
        `Batch ${id} is set aside; the next run of dds_to_clickhouse goes on without its rows. ` +
          `Take it up again with: terrace batches retry ${id}\n`,
      )
    })
  examples(aside, 'batches set-aside 5')
}

async function setAsideByHand(pool: Pool, id: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const find = () =>
      client.query<{ marts_id: string }>(
        `select marts_id from dds.mart_batch where batch_id = $1 and state = 'frozen'`,
        [id],
      )
    const martsId = (await find()).rows[0]?.marts_id
    if (martsId === undefined) throw await noSuchBatch(pool, id, 'frozen')
    await lockBatches(client, martsId)
    // A run may have published it while this waited.
    if ((await find()).rows.length === 0) throw await noSuchBatch(pool, id, 'frozen')
    await setAside(client, martsId, id, 'It was set aside by hand.', 'by hand')
  })
}

async function readBatches(pool: Pool): Promise<BatchStatus[]> {
  const { rows } = await pool.query<BatchStatus>(await sqlFile('dds/status/batches.sql'))
  return rows
}

async function noSuchBatch(
  pool: Pool,
  id: string,
  state: BatchStatus['state'],
): Promise<CommandError> {
  const { rows } = await pool.query<{ state: string }>(
    'select state from dds.mart_batch where batch_id = $1',
    [id],
  )
  const others = (await readBatches(pool)).filter((batch) => batch.state === state)
  const known = others.map(({ batch_id }) => batch_id).join(', ') || 'none'
  const what = state === 'frozen' ? 'on its way' : 'set aside'
  const found = rows[0] === undefined ? 'There is no batch' : `Batch ${id} is ${rows[0].state}:`
  return new CommandError(
    rows[0] === undefined
      ? `${found} ${id}. Batches that are ${what}: ${known}.`
      : `${found} not ${what}. Batches that are: ${known}.`,
  )
}

function batchArgument(text: string): string {
  if (/^[1-9]\d{0,17}$/.test(text)) return text
  throw new UsageError(`"${text}" is no number of a batch. See: terrace batches list`)
}
