// npm run history: a past of the shop to look at. The short way to a run of generate_events; Terrace
// must be running. See --help.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FailTask } from '../orchestrator/sdk/index.ts'
import { readGeneratorConf } from '../tasks/generate/generator-conf.ts'

const TERRACE = fileURLToPath(new URL('../orchestrator/cli/terrace.mjs', import.meta.url))
const HELP = `Send days of the shop's past to the event log; the DAGs take them to the marts.
The same days sent again are the same messages, and count once.

  npm run history -- --days 90
  npm run history -- --days 365 --events-per-minute 20 --wait

  --days <n>               how many days, up to now
  --events-per-minute <n>  mean number of messages a minute (default 120)
  --seed <text>            another seed is another shop
  --wait                   wait for the end; exit code 1 when the run fails

It runs: terrace dags trigger generate_events --conf '{"days": 90}'
How far it is: npx terrace tasks logs generate_events produce_batch RUN_ID
`

class WrongCall extends Error {}

function main(): number {
  const { values } = parseArgs({
    options: {
      days: { type: 'string' },
      'events-per-minute': { type: 'string' },
      seed: { type: 'string' },
      wait: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  if (values.days === undefined) {
    throw new WrongCall('--days is missing. Example: npm run history -- --days 90')
  }
  const conf = {
    days: numberOf(values.days),
    ...(values['events-per-minute'] !== undefined && {
      eventsPerMinute: numberOf(values['events-per-minute']),
    }),
    ...(values.seed !== undefined && { seed: values.seed }),
  }
  readGeneratorConf(conf)
  const args = ['dags', 'trigger', 'generate_events', '--conf', JSON.stringify(conf)]
  if (values.wait) args.push('--wait')
  const { status } = spawnSync(process.execPath, [TERRACE, ...args], { stdio: 'inherit' })
  return status ?? 1
}

/** What is no number stays as it is, so that the message about it can show it. */
function numberOf(text: string): number | string {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}

try {
  process.exitCode = main()
} catch (error) {
  // A TypeError with a code is what parseArgs throws for a flag that it does not know.
  const isFlag = error instanceof TypeError && 'code' in error
  const isWrongCall = isFlag || error instanceof WrongCall || error instanceof FailTask
  console.error(isWrongCall ? error.message : error)
  process.exitCode = isWrongCall ? 2 : 1
}
