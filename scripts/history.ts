// npm run history: a past of the shop to look at. The short way to a run of generate_events; Terrace
// must be running. See --help.

import { parseArgs } from 'node:util'
import { runCli } from '../orchestrator/cli/main.ts'
import { brokenRule } from '../tasks/generate/generator-conf.ts'

const HELP = `Send days of the shop's past to the event log; the DAGs take them to the marts.
The same days sent again are the same messages, and count once; with another number of events they
are other visits, beside those that are there.

  npm run history -- --days 90
  npm run history -- --days 365 --events-per-minute 20 --wait

  --days <n>               how many days, up to now
  --events-per-minute <n>  mean number of messages a minute (default 120)
  --seed <text>            another seed is another shop
  --wait                   wait until the messages are sent; the marts follow some minutes later;
                           exit code 1 when the run fails

It runs: terrace dags trigger generate_events --conf '{"days": 90}'
How far it is: npx terrace tasks logs generate_events produce_batch RUN_ID
`

/** Each flag with a value, and its key in the conf of the run. */
const FLAGS = { days: 'days', 'events-per-minute': 'eventsPerMinute', seed: 'seed' } as const

class WrongCall extends Error {}

async function main(): Promise<number> {
  const values = readFlags()
  if (values.help) {
    console.log(HELP)
    return 0
  }
  if (values.days === undefined) {
    throw new WrongCall('--days is missing. Example: npm run history -- --days 90')
  }
  const conf = Object.fromEntries(
    (Object.keys(FLAGS) as (keyof typeof FLAGS)[])
      .filter((flag) => values[flag] !== undefined)
      .map((flag) => [FLAGS[flag], confValue(flag, values[flag]!)]),
  )
  const args = ['dags', 'trigger', 'generate_events', '--conf', JSON.stringify(conf)]
  if (values.wait) args.push('--wait')
  // In this process: a signal would end a shell's child and leave its own child behind.
  return await runCli(args)
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        days: { type: 'string' },
        'events-per-minute': { type: 'string' },
        seed: { type: 'string' },
        wait: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    // A TypeError with a code is what parseArgs throws for a call that it does not understand.
    if (!(error instanceof TypeError && 'code' in error)) throw error
    const [problem] = error.message.split(/\.\s|\.$/m, 1)
    throw new WrongCall(`${problem}. All flags: npm run history -- --help`, { cause: error })
  }
}

/** @throws WrongCall that names the flag, what was found, what is allowed and an example */
function confValue(flag: keyof typeof FLAGS, text: string): number | string {
  const isNumber = flag !== 'seed' && text.trim() !== ''
  const value = isNumber ? Number(text) : text
  const rule = brokenRule(FLAGS[flag], value)
  if (rule === null) return value
  const example = flag === 'days' ? '' : `--${flag} ${JSON.stringify(rule.example)}`
  throw new WrongCall(
    `--${flag} is ${JSON.stringify(text)}, allowed is ${rule.allowed}. ` +
      `Example: ${`npm run history -- --days 90 ${example}`.trimEnd()}`,
  )
}

try {
  process.exitCode = await main()
} catch (error) {
  const isWrongCall = error instanceof WrongCall
  console.error(isWrongCall ? error.message : error)
  process.exitCode = isWrongCall ? 2 : 1
}
