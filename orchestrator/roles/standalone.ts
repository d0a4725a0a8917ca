// `terrace standalone`: the engines, migrated, and every role as a child of this process. A child that
// dies is started again; a signal drains the children first and stops the engines after them.
//
// All load their code while the engines start, which is when the processor has time.

import { aborted, listenForStop, startEngines } from '../../connections/engines/index.ts'
import type { WantedPort } from '../../connections/engines/ports.ts'
import type { RunningEngines } from '../../connections/engines/types.ts'
import type { Environment } from '../../connections/environment.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import { DRAIN_LIMIT_SECONDS } from '../worker/drain-limit.ts'
import { engineLines, requireAnswers } from './banner.ts'
import { endLeases, type ProcessEnd } from './end-leases.ts'
import { loginLines } from './first-login.ts'
import { untilStopped } from './role.ts'
import { RoleProcess } from './role-process.ts'

export interface StandaloneOptions {
  /** Tasks at the same time; the worker's default when undefined. */
  concurrency?: number
}

export async function runStandalone(
  env: Environment,
  options: StandaloneOptions = {},
): Promise<void> {
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const signals = listenForStop()
  const starting = startEngines(env, { log: print, otherPorts: webPort(env) })
  const concurrency =
    options.concurrency === undefined ? [] : ['--concurrency', String(options.concurrency)]
  const onLost = (leases: string[], end: ProcessEnd) =>
    starting
      .then(({ addresses }) => loginUrl(addresses.databaseUrl, 'metadata'))
      .then((databaseUrl) => endLeases(databaseUrl, leases, end))
      // Then they run out by themselves.
      .catch(() => {})
  const role = (name: string, args: string[] = []) => new RoleProcess(name, args, print, onLost)
  const web = role('web')
  const roles = [role('scheduler'), role('worker', concurrency), web]
  for (const process of roles) process.prepare()
  const stop = async () => {
    await Promise.all(roles.map((role) => role.stop(signals.urged)))
    await starting.then((engines) => engines.stop(signals.urged)).catch(() => {})
  }
  signals.urged.addEventListener('abort', () => {
    print('Ending at once: tasks that ran are run again after the next start.')
  })

  async function start(): Promise<{ engines: RunningEngines; login: string[] }> {
    const migrations = import('./migrate-all.ts')
    const engines = await starting
    requireAnswers(engines.reports)
    const { notes } = await (await migrations).migrateAll(engines.addresses)
    for (const note of notes) print(note)
    if (signals.asked.aborted) return { engines, login: [] }
    await Promise.all(roles.map((role) => role.start()))
    // Last: a password must not be made by a start that fails before it is told.
    const login = await loginLines(await loginUrl(engines.addresses.databaseUrl, 'metadata'), {
      webUrl: web.url!,
      isTerminal: process.stdout.isTTY,
    })
    return { engines, login }
  }

  const started = start()
  const ready = await Promise.race([started, aborted(signals.asked)]).catch(
    async (error: unknown) => {
      // Ctrl-C reaches what the start had called, too.
      if (signals.asked.aborted) return
      await stop()
      signals.release()
      throw error
    },
  )
  if (!ready || signals.asked.aborted) {
    started.catch(() => {})
    print('Stopping what has been started.')
    await stop()
    print('Stopped.')
    return signals.die()
  }

  print(`\nTerrace is ready (${(performance.now() / 1000).toFixed(1)} s).\n`)
  print(engineLines(ready.engines.reports).join('\n'))
  print(`\n  page   ${web.url}`)
  print(ready.login.join('\n'))
  print(`  DAGs   ${env.TERRACE_DAGS_FOLDER}`)
  print('  next   npx terrace dags list · npx terrace --help · Ctrl-C stops everything\n')
  await untilStopped(
    {
      name: 'standalone',
      async stop() {
        print(
          `Stopping: tasks that run have ${DRAIN_LIMIT_SECONDS} s to finish; Ctrl-C again ends at once.`,
        )
        await stop()
        print('Stopped.')
      },
    },
    signals,
  )
}

/** Known before anything starts: a page that finds its port taken would end a start of seconds. */
function webPort({ TERRACE_WEB_PORT: port, TERRACE_WEB_HOST: host }: Environment): WantedPort[] {
  if (port === 0) return []
  return [{ port, host, what: 'The web server', variable: 'TERRACE_WEB_PORT' }]
}
