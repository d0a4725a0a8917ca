// users tokens create, list, revoke.

import { type Command, InvalidArgumentError } from 'commander'
import { createApiToken, listApiTokens, revokeApiToken } from '../accounts/api-tokens.ts'
import { actorOfCli } from './actor.ts'
import { examples, integerArgument, outputOption } from './command-options.ts'
import { suggestion, UsageError } from './errors.ts'
import { requireUser } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'

const DAYS = 90
const MAX_DAYS = 3_650
const COLUMNS = ['username', 'token_name', 'created_at', 'expires_at', 'last_used_at']

export function defineTokens(users: Command): void {
  const tokens = users.command('tokens').description('tokens that programs use the API with')
  tokens.helpCommand(false)
  defineCreate(tokens)
  defineList(tokens)
  defineRevoke(tokens)
  examples(tokens, 'users tokens create -u ada -n nightly_check', 'users tokens list')
}

function defineCreate(tokens: Command): void {
  const create = tokens
    .command('create')
    .description('make a token with the rights of a user; it is printed once')
    .requiredOption('-u, --username <name>', 'whose rights it has')
    .requiredOption('-n, --name <name>', 'what it is for', nameArgument)
    .option('--days <n>', 'days until it expires', integerArgument(1, MAX_DAYS), DAYS)
    .addOption(outputOption())
    .action(
      async (options: { username: string; name: string; days: number; output: OutputFormat }) => {
        await withMetadata(async (pool) => {
          const { name: user } = await requireUser(pool, options.username)
          const { name, days } = options
          const token = await createApiToken(pool, { user, name, days }, actorOfCli())
          const record = { username: user, token_name: name, days, token }
          await printRows([record], options.output)
          process.stderr.write('The token is shown this once; Terrace keeps only its hash.\n')
        })
      },
    )
  examples(
    create,
    'users tokens create -u ada -n nightly_check',
    'users tokens create -u ada -n nightly_check --days 7 -o json',
  )
}

function defineList(tokens: Command): void {
  const list = tokens
    .command('list')
    .description('tokens that have not expired; one without a name was given for a password')
    .option('-u, --username <name>', 'only of this user')
    .addOption(outputOption())
    .action(async (options: { username?: string; output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const user =
          options.username === undefined
            ? undefined
            : (await requireUser(pool, options.username)).name
        const rows = (await listApiTokens(pool, user)).map((token) => ({
          username: token.user,
          token_name: token.name,
          created_at: token.createdAt,
          expires_at: token.expiresAt,
          last_used_at: token.lastUsedAt,
        }))
        await printRows(rows, options.output, COLUMNS, 'There is no token.')
      })
    })
  examples(list, 'users tokens list', 'users tokens list -u ada -o json')
}

function defineRevoke(tokens: Command): void {
  const revoke = tokens
    .command('revoke')
    .description('refuse a token from now on')
    .requiredOption('-u, --username <name>', 'whose token it is')
    .requiredOption('-n, --name <name>', 'its name')
    .action(async (options: { username: string; name: string }) => {
      await withMetadata(async (pool) => {
        const { name: user } = await requireUser(pool, options.username)
        const names = (await listApiTokens(pool, user)).flatMap(({ name }) => name ?? [])
        if (!names.includes(options.name)) {
          const hint = suggestion(options.name, names, `terrace users tokens list -u ${user}`)
          throw new UsageError(`User "${user}" has no token "${options.name}". ${hint}`)
        }
        await revokeApiToken(pool, user, options.name, actorOfCli())
        process.stdout.write(`Revoked "${options.name}" of "${user}".\n`)
      })
    })
  examples(revoke, 'users tokens revoke -u ada -n nightly_check')
}

function nameArgument(text: string): string {
  if (/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/.test(text)) return text
  throw new InvalidArgumentError(
    'A name has 1 to 100 letters, digits, "_", "-" and "." (not "." or ".." alone), such as nightly_check.',
  )
}
