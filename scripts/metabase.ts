// npm run metabase: the connection, the questions and the dashboard of metabase/ in a Metabase. See
// --help.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { EngineError } from '../connections/engines/engine-error.ts'
import { EnvironmentError, loadEnvironment } from '../connections/environment.ts'
import { MetabaseError } from '../metabase/metabase-error.ts'
import { provision } from '../metabase/provision.ts'
import { metabaseSettings } from '../metabase/settings.ts'
import { readQuestions } from '../orchestrator/project-files/questions.ts'
import { ProjectFileError } from '../orchestrator/project-files/sql-header.ts'

const HELP = `Puts the questions of metabase/questions and the dashboard into a Metabase, version 54.1 or
later. Can be run again at any time: what is there is brought up to date, nothing is made twice.

  npm run metabase
  npm run metabase -- --wait 600

  --wait <seconds>  for a Metabase that is starting (default 300)

From the environment or .env:
  METABASE_URL             default http://127.0.0.1:3000
  METABASE_EMAIL           its administrator; made in a Metabase that nobody has set up
  METABASE_PASSWORD
  METABASE_CLICKHOUSE_URL  the marts as Metabase reaches them: http://user:password@host:8123;
                           default CLICKHOUSE_URL, or the embedded engine that runs
`

const KNOWN = [MetabaseError, EngineError, EnvironmentError, ProjectFileError]

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      wait: { type: 'string', default: '300' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(HELP)
  const seconds = Number(values.wait)
  if (!Number.isFinite(seconds) || seconds < 0) {
    throw new MetabaseError(`--wait ${values.wait}: must be a number of seconds, 0 or more`)
  }
  const settings = await metabaseSettings(loadEnvironment())
  const questions = readQuestions('metabase/questions')
  const { url } = await provision(settings, questions, {
    seconds,
    say: (line) => console.log(line),
    now: () => performance.now(),
    sleep,
  })
  console.log(`The dashboard: ${url}`)
}

main().catch((error: unknown) => {
  const usage = error instanceof TypeError && 'code' in error
  const known = KNOWN.some((kind) => error instanceof kind)
  console.error(known || usage ? (error as Error).message : error)
  process.exitCode = usage ? 2 : 1
})
