// The command line: noun, then verb, as in Airflow. Only the module of the noun that was asked for is
// loaded, so that `--help` and `version` answer at once. Exit codes: 0 done, 1 the work failed, 2 the
// call was wrong.

import { resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import { withoutPassword } from '../../connections/environment.ts'
import { findProject } from '../../connections/project-folder.ts'
import { versionOfTerrace } from '../version.ts'
import { CommandError } from './errors.ts'
import type { Noun } from './noun.ts'

const NOUNS: Noun[] = [
  {
    name: 'standalone',
    summary: 'engines, scheduler, worker and web in one process tree',
    load: () => import('./standalone.ts'),
  },
  { name: 'engines', summary: 'the embedded engines alone', load: () => import('./engines.ts') },
  { name: 'scheduler', summary: 'create and mend runs', load: () => import('./scheduler.ts') },
  { name: 'worker', summary: 'run tasks', load: () => import('./worker.ts') },
  { name: 'web', summary: 'the page and the REST API', load: () => import('./web.ts') },
  { name: 'dags', summary: 'list, trigger, pause and test DAGs', load: () => import('./dags.ts') },
  { name: 'tasks', summary: 'states, logs, clear and test', load: () => import('./tasks.ts') },
  { name: 'pools', summary: 'how many tasks run at a time', load: () => import('./pools.ts') },
  { name: 'users', summary: 'who may log in, and API tokens', load: () => import('./users.ts') },
  {
    name: 'alerts',
    summary: 'what failed, and whether the chat is reached',
    load: () => import('./alerts.ts'),
  },
  { name: 'db', summary: 'migrate, check and clean the databases', load: () => import('./db.ts') },
  { name: 'sql', summary: 'read a layer of the warehouse', load: () => import('./sql.ts') },
  { name: 'doctor', summary: 'check engines and folders', load: () => import('./doctor.ts') },
  { name: 'init', summary: 'start a project in this folder', load: () => import('./init.ts') },
  { name: 'version', summary: 'the version of Terrace', load: () => import('./version.ts') },
]

/** Runs one command line (without `node` and the script) and returns the exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  outliveReader(args[0])
  enterProject(args[0])
  try {
    const program = await buildProgram(args)
    await program.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error)
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`error: ${withoutPassword(message)}\n`)
    const code = isWrongCall(error) ? 2 : 1
    // What it had opened by then (threads, a listener) must not keep a role that did not start: whoever
    // supervises it waits for its end.
    if (isRole(args[0])) process.exit(code)
    return code
  }
}

/** Commands act on the project that they are called in, from whichever of its folders. */
function enterProject(noun: string | undefined): void {
  const here = process.cwd()
  const project = noun === 'init' ? null : findProject(here)
  if (project === null || project === here) return
  // What was given with the call is meant from where it was called.
  for (const name of ['TERRACE_HOME', 'TERRACE_DAGS_FOLDER', 'SHOP_SOURCES']) {
    const path = process.env[name]
    if (path) process.env[name] = resolve(here, path)
  }
  process.env.INIT_CWD = here
  process.chdir(project)
}

const ROLES = ['standalone', 'engines', 'scheduler', 'worker', 'web']

function isRole(noun: string | undefined): boolean {
  return noun !== undefined && ROLES.includes(noun)
}

/**
 * `terrace … | head`, or a terminal that was closed: nobody reads on, so a command ends; a role goes on
 * with its work, or with the drain that the closed terminal asked it for.
 */
function outliveReader(noun: string | undefined): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount('error') > 0) continue
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
      if (!isRole(noun) && stream === process.stdout) process.exit(0)
    })
  }
}

export async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('terrace')
    .description('Run DAGs on BullMQ and Postgres, and the warehouse that they fill.')
    .version(versionOfTerrace(), '-V, --version', 'print the version')
    .exitOverride()
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ terrace standalone\n  $ terrace dags list\n  $ terrace dags trigger my_dag --wait\n  $ terrace tasks clear my_dag -t load --run-id R -d -y',
    )
  const wanted = args.find((arg) => !arg.startsWith('-'))
  for (const noun of [...NOUNS, ...(await nounsOfProject(wanted))]) {
    const command = program.command(noun.name).description(noun.summary).helpCommand(false)
    if (noun.name === wanted) await defineNoun(noun, command)
  }
  nameWhatIsAllowed(program, 'terrace')
  return program
}

/** What the project adds; not looked for when one of our own nouns is asked for. */
async function nounsOfProject(wanted: string | undefined): Promise<readonly Noun[]> {
  const ours = NOUNS.map(({ name }) => name)
  if (wanted !== undefined && ours.includes(wanted)) return []
  try {
    const { loadProjectNouns } = await import('./project-nouns.ts')
    return await loadProjectNouns(process.cwd(), ours)
  } catch (error) {
    if (wanted !== undefined || !(error instanceof CommandError)) throw error
    // The help shows what there is all the same.
    process.stderr.write(`warning: ${error.message}\n`)
    return []
  }
}

async function defineNoun(noun: Noun, command: Command): Promise<void> {
  const { define } = await noun.load()
  if (typeof define === 'function') return define(command)
  throw new CommandError(
    `Noun "${noun.name}": the module that it loads exports no function define(command). Add it.`,
  )
}

/** After an error of the call: which commands or options there are, and where the help is. */
function nameWhatIsAllowed(command: Command, path: string): void {
  const verbs = command.commands.map((verb) => verb.name())
  for (const option of command.options) {
    // The value is set already; this is only what the help shows, and "(default: false)" is noise.
    if (option.defaultValue === false) option.defaultValue = undefined
  }
  const flags = command.options.map((option) => option.flags)
  const allowed = verbs.length > 0 ? ['Commands', ...verbs] : ['Options', ...flags]
  const list = allowed.length > 1 ? `${allowed[0]}: ${allowed.slice(1).join(', ')}. ` : ''
  command.showHelpAfterError(`${list}Help: ${path} --help`)
  for (const verb of command.commands) nameWhatIsAllowed(verb, `${path} ${verb.name()}`)
}

// The store's errors are what a person asked for and cannot have. By name: a command without a database
// does not load the store, and a project's commands may have loaded `errors.ts` from another build.
function isWrongCall(error: unknown): boolean {
  return error instanceof Error && ['UsageError', 'StoreError'].includes(error.name)
}

function exitCodeOf(error: CommanderError): number {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version' ? 0 : 2
}
