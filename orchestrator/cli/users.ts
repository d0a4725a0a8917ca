// users create, list, delete, reset-password, login-link, and tokens. What is secret is printed once,
// on standard output alone, and is never an argument: those are seen by all processes of a machine.

import { type Command, InvalidArgumentError } from 'commander'
import type { Environment } from '../../connections/environment.ts'
import type { Pool } from '../../connections/postgres.ts'
import { listApiTokens } from '../accounts/api-tokens.ts'
import { createLoginLink, LINK_MINUTES, urlOfLink } from '../accounts/login-links.ts'
import { generatePassword, passwordProblem } from '../accounts/passwords.ts'
import {
  createUser,
  deleteUser,
  listUsers,
  ROLES,
  type Role,
  setPassword,
  type User,
  type UserRow,
  userNameProblem,
} from '../accounts/users.ts'
import { liveWebAddress } from '../store/processes.ts'
import { actorOfCli } from './actor.ts'
import { examples, outputOption, yesOption } from './command-options.ts'
import { UsageError } from './errors.ts'
import { requireUser } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'
import { confirm } from './question.ts'
import { defineTokens } from './users-tokens.ts'

const COLUMNS = ['username', 'role', 'created_at', 'password_set_at', 'last_seen_at', 'sessions']

export function define(users: Command): void {
  defineCreate(users)
  defineList(users)
  defineDelete(users)
  defineResetPassword(users)
  defineLoginLink(users)
  defineTokens(users)
  examples(users, 'users create -u ada -r admin', 'users login-link', 'users list')
}

function defineCreate(users: Command): void {
  const create = users
    .command('create')
    .description('make a user; the password is generated and printed once')
    .requiredOption('-u, --username <name>', 'what the user logs in with', nameArgument)
    .requiredOption('-r, --role <role>', `what the user may do: ${ROLES.join(', ')}`, roleArgument)
    .option('--password-stdin', 'take the password from standard input', false)
    .addOption(outputOption())
    .action(
      async (options: {
        username: string
        role: Role
        passwordStdin: boolean
        output: OutputFormat
      }) => {
        const given = options.passwordStdin ? await passwordFromStdin() : null
        const password = given ?? generatePassword()
        await withMetadata(async (pool) => {
          const user: User = { name: options.username, role: options.role }
          await createUser(pool, { ...user, password }, actorOfCli())
          await printUser(user, given === null ? password : null, options.output)
        })
      },
    )
  examples(
    create,
    'users create -u ada -r admin',
    'users create -u wall_display -r viewer',
    'users create -u ada -r admin --password-stdin < password.txt',
  )
}

function defineList(users: Command): void {
  const list = users
    .command('list')
    .description('every user, its role and when it was last seen')
    .addOption(outputOption())
    .action(async ({ output }: { output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const none = 'There is no user yet: terrace users create -u NAME -r admin'
        await printRows((await listUsers(pool)).map(recordOf), output, COLUMNS, none)
      })
    })
  examples(list, 'users list', 'users list -o json')
}

function defineDelete(users: Command): void {
  const command = users
    .command('delete')
    .description('delete a user, with the sessions and tokens it has')
    .requiredOption('-u, --username <name>', 'the user')
    .addOption(yesOption())
    .action(async (options: { username: string; yes: boolean }) => {
      await withMetadata(async (pool) => {
        const { name } = await requireUser(pool, options.username)
        if (!(await confirm(`Delete the user "${name}"?`, options.yes))) {
          process.stderr.write('Nothing was deleted.\n')
          return
        }
        await deleteUser(pool, name, actorOfCli())
        process.stdout.write(`Deleted "${name}".\n`)
        if (!(await listUsers(pool)).some((user) => user.role === 'admin')) {
          process.stderr.write(
            'No admin is left, so nobody can change anything on the page. Make one: terrace users create -u NAME -r admin\n',
          )
        }
      })
    })
  examples(command, 'users delete -u ada', 'users delete -u ada -y')
}

interface ResetOptions {
  username: string
  passwordStdin: boolean
  keepTokens: boolean
  output: OutputFormat
}

function defineResetPassword(users: Command): void {
  const reset = users
    .command('reset-password')
    .description('give a user a new password, and end its sessions and API tokens')
    .requiredOption('-u, --username <name>', 'the user')
    .option('--password-stdin', 'take the password from standard input', false)
    .option('--keep-tokens', 'let the named API tokens of the user go on', false)
    .addOption(outputOption())
    .action(async (options: ResetOptions) => {
      const { keepTokens, output } = options
      const given = options.passwordStdin ? await passwordFromStdin() : null
      const password = given ?? generatePassword()
      await withMetadata(async (pool) => {
        const user = await requireUser(pool, options.username)
        const tokens = (await listApiTokens(pool, user.name)).flatMap(({ name }) => name ?? [])
        await setPassword(pool, { name: user.name, password, keepTokens }, actorOfCli())
        await printUser(user, given === null ? password : null, output)
        if (tokens.length === 0) return
        const names = tokens.join(', ')
        process.stderr.write(
          keepTokens
            ? `API tokens that go on working: ${names}\n`
            : `API tokens that were revoked: ${names}\nMake new ones: terrace users tokens create -u ${user.name} -n NAME\n`,
        )
      })
    })
  examples(
    reset,
    'users reset-password -u ada',
    'users reset-password -u ada --password-stdin < password.txt',
    'users reset-password -u ada --keep-tokens',
  )
}

function defineLoginLink(users: Command): void {
  const link = users
    .command('login-link')
    .description(`print a link that logs a user in once, within ${LINK_MINUTES} minutes`)
    .option('-u, --username <name>', 'the user', 'admin')
    .option(
      '--url <url>',
      'where the page is reached; TERRACE_PAGE_URL, or the web server knows it',
    )
    .action(async (options: { username: string; url?: string }) => {
      if (options.url !== undefined && !/^https?:\/\/\S+$/.test(options.url)) {
        throw new UsageError(
          `--url ${options.url} is no address of a page. Write one such as https://terrace.example`,
        )
      }
      await withMetadata(async (pool, env) => {
        const { name } = await requireUser(pool, options.username)
        const url = options.url ?? (await webUrl(pool, env))
        const token = await createLoginLink(pool, name, actorOfCli())
        process.stdout.write(`${urlOfLink(url, token)}\n`)
      })
    })
  examples(link, 'users login-link', 'users login-link -u ada --url https://terrace.example')
}

async function webUrl(pool: Pool, env: Environment): Promise<string> {
  if (env.TERRACE_PAGE_URL !== undefined) return env.TERRACE_PAGE_URL
  const running = await liveWebAddress(pool)
  if (running !== null) return running
  process.stderr.write('No web server runs now; the link works once `terrace web` does.\n')
  return `http://${env.TERRACE_WEB_HOST}:${env.TERRACE_WEB_PORT}`
}

async function printUser(user: User, password: string | null, output: OutputFormat): Promise<void> {
  const record = { username: user.name, role: user.role, ...(password !== null && { password }) }
  await printRows([record], output)
  if (password !== null) {
    process.stderr.write('The password is shown this once; Terrace keeps only its hash.\n')
  }
}

/** Without the end of the line that `echo` adds. */
async function passwordFromStdin(): Promise<string> {
  if (process.stdin.isTTY) {
    throw new UsageError(
      'A password typed here would be seen. Leave --password-stdin out to have one made, or hand it over from a file: --password-stdin < password.txt',
    )
  }
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  const password = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  const problem = passwordProblem(password)
  if (problem !== null) {
    throw new UsageError(`The password on standard input cannot be taken: ${problem}.`)
  }
  return password
}

function recordOf(user: UserRow) {
  return {
    username: user.name,
    role: user.role,
    created_at: user.createdAt,
    password_set_at: user.changedAt,
    last_seen_at: user.lastSeenAt,
    sessions: user.nSessions,
  }
}

function nameArgument(text: string): string {
  const problem = userNameProblem(text)
  if (problem === null) return text
  throw new InvalidArgumentError(`${problem}.`)
}

/** Airflow writes Admin and Viewer. */
function roleArgument(text: string): Role {
  const role = ROLES.find((one) => one === text.toLowerCase())
  if (role) return role
  throw new InvalidArgumentError(`Allowed choices are ${ROLES.join(', ')}.`)
}
