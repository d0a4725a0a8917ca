// db migrate, check, clean, adopt-log, skip-lost.

import type { Command } from 'commander'
import { withEngines } from '../../connections/engines/index.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { counted } from '../counted.ts'
import { cleanMetadata } from '../store/maintenance.ts'
import { checkMetadata } from '../store/migrate.ts'
import { dateArgument, examples, outputOption, yesOption } from './command-options.ts'
import { UsageError } from './errors.ts'
import { requireServer, withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'
import { confirm } from './question.ts'
import { withWarehouse } from './warehouse.ts'

export function define(db: Command): void {
  defineMigrate(db)
  defineCheck(db)
  defineClean(db)
  defineAdoptLog(db)
  defineSkipLost(db)
  examples(db, 'db migrate', 'db check', 'db clean --before 2026-01-01 --dry-run')
}

function defineMigrate(db: Command): void {
  const migrate = db
    .command('migrate')
    .description('bring the databases to the version of this program')
    .option('-y, --yes', 'also a database that holds tables of others', false)
    .action(async (options: { yes: boolean }) => {
      const env = loadEnvironment()
      await withEngines(env, async (addresses) => {
        await requireServer(addresses.databaseUrl, 'DATABASE_URL')
        const { migrateAll } = await import('../roles/migrate-all.ts')
        const { applied, notes } = await migrateAll(addresses, { yes: options.yes })
        for (const name of applied) process.stdout.write(`applied ${name}\n`)
        for (const note of notes) process.stdout.write(`${note}\n`)
        process.stdout.write('The databases are of the version of this program.\n')
      })
    })
  examples(migrate, 'db migrate', 'db migrate -y')
}

function defineCheck(db: Command): void {
  const check = db
    .command('check')
    .description('exit with 0 when the metadata answers and is of this version')
    .action(async () => {
      await withMetadata(async (pool) => {
        await checkMetadata(pool)
        process.stdout.write('The metadata answers and is of this version.\n')
      })
    })
  examples(check, 'db check')
}

function defineClean(db: Command): void {
  const clean = db
    .command('clean')
    .description('delete runs, logs and other history that ended before a date')
    .requiredOption('--before <date>', 'delete what ended before this', dateArgument)
    .option('--dry-run', 'show what would be deleted and stop', false)
    .addOption(yesOption())
    .addOption(outputOption())
    .action(
      async (options: { before: Date; dryRun: boolean; yes: boolean; output: OutputFormat }) => {
        if (options.before > new Date()) {
          throw new UsageError(
            `--before ${options.before.toISOString()} is in the future. Name a date in the past.`,
          )
        }
        await withMetadata(async (pool) => {
          const preview = await cleanMetadata(pool, { before: options.before, dryRun: true })
          await printRows(preview, options.output, ['table', 'rows'], 'Nothing to delete.')
          const total = preview.reduce((sum, { rows }) => sum + rows, 0)
          if (options.dryRun || total === 0) return
          const question = `Delete ${counted(total, 'row')} from before ${options.before.toISOString()}?`
          if (!(await confirm(question, options.yes))) {
            process.stderr.write('Nothing was deleted.\n')
            return
          }
          const deleted = await cleanMetadata(pool, { before: options.before, dryRun: false })
          const sum = deleted.reduce((rows, table) => rows + table.rows, 0)
          process.stderr.write(`Deleted ${counted(sum, 'row')}.\n`)
        })
      },
    )
  examples(clean, 'db clean --before 2026-01-01 --dry-run', 'db clean --before 2026-01-01 -y')
}

function defineAdoptLog(db: Command): void {
  const adopt = db
    .command('adopt-log')
    .argument('<topic>', 'topic whose log was replaced by another one')
    .description('land a topic from the beginning of the log that is there now')
    .action(async (topic: string) => {
      const { adoptLog, landedTopics } = await import('../../connections/adopt-log.ts')
      await withWarehouse(async (pool) => {
        const left = await adoptLog(pool, topic)
        if (left === null) {
          const landed = (await landedTopics(pool)).join(', ')
          const known = landed ? `Landed topics: ${landed}.` : 'No topic was landed yet.'
          throw new UsageError(
            `Topic "${topic}" was never landed in raw, so there is no log to leave. ${known}`,
          )
        }
        process.stdout.write(
          `Topic "${topic}" leaves log ${left}; the next landing begins with the log that is there now.\n`,
        )
      })
    })
  examples(adopt, 'db adopt-log user_events')
}

function defineSkipLost(db: Command): void {
  const skip = db
    .command('skip-lost')
    .argument('<topic>', 'topic whose messages were removed before they were landed')
    .description('go on landing a topic behind messages that its log has removed')
    .action(async (topic: string) => {
      const { skipLost } = await import('../../connections/skip-lost.ts')
      const { openConnections } = await import('../../connections/index.ts')
      const env = loadEnvironment()
      await withEngines(env, async (addresses) => {
        const variable = env.WAREHOUSE_URL ? 'WAREHOUSE_URL' : 'DATABASE_URL'
        await requireServer(addresses.warehouseUrl, variable)
        const { warehouse, eventLog, close } = openConnections(addresses)
        try {
          const skipped = await skipLost(warehouse, eventLog, topic)
          for (const { partition, from, until } of skipped) {
            process.stdout.write(
              `Topic "${topic}", partition ${partition}: skipped ${counted(Number(until - from), 'message')} that the log ` +
                `has removed, offsets ${from} to ${until - 1n}.\n`,
            )
          }
          if (skipped.length > 0) return
          process.stdout.write(
            `Topic "${topic}" lost nothing: the log still holds all that was not landed yet.\n`,
          )
        } finally {
          await close()
        }
      })
    })
  examples(skip, 'db skip-lost user_events')
}
