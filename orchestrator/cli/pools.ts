// pools list, set, delete.

import { type Command, InvalidArgumentError } from 'commander'
import { checkDeletable, deletePool, setPool } from '../store/pools.ts'
import { listPools, type PoolRow } from '../store/read/pools.ts'
import { actorOfCli } from './actor.ts'
import { examples, integerArgument, outputOption, yesOption } from './command-options.ts'
import { suggestion, UsageError } from './errors.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'
import { confirm } from './question.ts'

const COLUMNS = ['pool', 'slots', 'occupied', 'running', 'queued', 'scheduled', 'description']
const ALL = { limit: 1_000, offset: 0, orderBy: [] }

export function define(pools: Command): void {
  defineList(pools)
  defineSet(pools)
  defineDelete(pools)
  examples(pools, 'pools list', "pools set reports 4 'At most four reports at a time'")
}

function defineList(pools: Command): void {
  const list = pools
    .command('list')
    .description('every pool, its slots and who holds them')
    .addOption(outputOption())
    .action(async ({ output }: { output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const { rows } = await listPools(pool, {}, ALL)
        await printRows(rows.map(recordOf), output, COLUMNS)
      })
    })
  examples(list, 'pools list', 'pools list -o json')
}

function defineSet(pools: Command): void {
  const set = pools
    .command('set')
    .description('make a pool, or change its slots')
    .argument('<pool>', 'its name', nameArgument)
    .argument('<slots>', 'how many it has; tasks take one each unless they say more', slotsArgument)
    .argument('[description]', 'what it is for; kept as it is when left out')
    .addOption(outputOption())
    .action(
      async (
        name: string,
        slots: number,
        description: string | undefined,
        { output }: { output: OutputFormat },
      ) => {
        await withMetadata(async (pool) => {
          await setPool(pool, { name, slots, description }, actorOfCli())
          const { rows } = await listPools(pool, { name }, ALL)
          await printRows(rows.map(recordOf), output, COLUMNS)
        })
      },
    )
  examples(
    set,
    'pools set default_pool 256',
    "pools set reports 4 'At most four reports at a time'",
  )
}

function defineDelete(pools: Command): void {
  const command = pools
    .command('delete')
    .description('delete a pool that no task needs')
    .argument('<pool>', 'its name')
    .addOption(yesOption())
    .action(async (name: string, options: { yes: boolean }) => {
      await withMetadata(async (pool) => {
        const names = (await listPools(pool, {}, ALL)).rows.map((row) => row.name)
        if (!names.includes(name)) {
          const hint = suggestion(name, names, 'terrace pools list')
          throw new UsageError(`There is no pool "${name}". ${hint}`)
        }
        await checkDeletable(pool, name)
        if (!(await confirm(`Delete the pool "${name}"?`, options.yes))) {
          process.stderr.write('Nothing was deleted.\n')
          return
        }
        await deletePool(pool, name, actorOfCli())
        process.stdout.write(`Deleted "${name}".\n`)
      })
    })
  examples(command, 'pools delete reports -y')
}

function recordOf(row: PoolRow) {
  return {
    pool: row.name,
    slots: row.slots,
    occupied: row.occupiedSlots,
    running: row.runningSlots,
    queued: row.queuedSlots,
    scheduled: row.scheduledSlots,
    description: row.description,
  }
}

/** As the column of the database has it. */
const slotsArgument = integerArgument(0, 2_147_483_647)

function nameArgument(text: string): string {
  if (/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,200}$/.test(text)) return text
  throw new InvalidArgumentError(
    'A name has 1 to 200 letters, digits, "_", "-" and "." (not "." or ".." alone), such as heavy_sql.',
  )
}
