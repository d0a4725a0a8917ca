// quarantine replay: judges refused messages again, after the rules or a message were mended. Shows
// what would become of them before it asks.

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { declaredTopic } from '../../connections/topics.ts'
import {
  actorOfCli,
  type Command,
  confirm,
  examples,
  type OutputFormat,
  outputOption,
  type Pool,
  printRows,
  type Row,
  UsageError,
  yesOption,
} from '../../orchestrator/cli/commands.ts'
import { counted } from '../../orchestrator/counted.ts'
import { type Place, type ReplayRequest, type ReplayResult, replay } from '../quarantine/replay.ts'
import { visible } from './bytes-for-eyes.ts'
import { requireMessage } from './message-place.ts'
import { reasonArgument } from './reason-argument.ts'
import { withQuarantine } from './with-quarantine.ts'

interface ReplayOptions {
  reason?: string
  log?: string
  valueFile?: string
  source?: string
  dryRun: boolean
  yes: boolean
  output: OutputFormat
}

const COLUMNS = ['outcome', 'reason', 'messages', 'first', 'detail']

export function defineQuarantineReplay(quarantine: Command): void {
  const command = quarantine
    .command('replay')
    .description('judge refused messages again and load those that pass now')
    .argument('[topic]', 'topic of the one message to replay')
    .argument('[partition]', 'its partition')
    .argument('[offset]', 'its offset')
    .option('--reason <reason>', 'all messages that were refused for this', reasonArgument)
    .option('--log <log_id>', "the message's log, when several have the place")
    .option('--value-file <file>', 'judge these bytes in place of the message; it keeps its own')
    .option('--source <source>', 'whose they are, of messages refused for unknown_source')
    .option('--dry-run', 'show what would become of them and stop', false)
    .addOption(yesOption())
    .addOption(outputOption())
    .action(
      async (
        topic: string | undefined,
        partition: string | undefined,
        offset: string | undefined,
        options: ReplayOptions,
      ) => {
        const place = checkSelection([topic, partition, offset], options)
        const { reason, valueFile, source } = options
        const mended = valueFile === undefined ? undefined : readValue(valueFile)
        if (source !== undefined) await requireSource(source)
        const said = { ...(mended && { mended }), ...(source !== undefined && { source }) }
        await withQuarantine(async (pool) => {
          const waiting = place && (await findWaiting(pool, place, options))
          if (waiting) await run(pool, { selection: { place: waiting }, ...said }, options)
          if (reason !== undefined) await run(pool, { selection: { reason }, ...said }, options)
        })
      },
    )
  examples(
    command,
    'quarantine replay --reason unknown_type --dry-run',
    'quarantine replay --reason unknown_type -y',
    'quarantine replay user_events 0 1042 --value-file mended.json',
    'quarantine replay --reason unknown_source --source ehandel',
  )
}

type PlaceTexts = readonly [string, string, string]

/** The place when one is named. @throws UsageError when the call does not say what to replay */
function checkSelection(
  texts: readonly (string | undefined)[],
  { reason, valueFile, source }: ReplayOptions,
): PlaceTexts | null {
  const given = texts.filter((text) => text !== undefined)
  if (given.length > 0 && given.length < 3) {
    throw new UsageError('A place is a topic, a partition and an offset: user_events 0 1042.')
  }
  if (given.length === 3 && reason !== undefined) {
    throw new UsageError(
      'A place and --reason: only one of them can be given. One message has one reason.',
    )
  }
  if (given.length === 0 && reason === undefined) {
    throw new UsageError(
      'Which messages? Name either a place, such as user_events 0 1042, or --reason R. What waits: terrace quarantine list',
    )
  }
  if (source !== undefined && reason !== undefined) requireUnknownSource(reason)
  if (valueFile !== undefined && reason !== undefined) {
    throw new UsageError('--value-file mends one message: name its place in place of --reason.')
  }
  return given.length === 3 ? (given as unknown as PlaceTexts) : null
}

/** Adapters are loaded for whoever needs them alone. */
async function requireSource(name: string): Promise<void> {
  const { findSource, knownSources } = await import('../messages/adapters.ts')
  if (findSource(name) !== undefined) return
  throw new UsageError(
    `No adapter reads messages of source "${name}". Sources: ${knownSources().join(', ')}.`,
  )
}

/** What a message says of itself holds, unless nobody could tell. */
function requireUnknownSource(reason: string): void {
  if (reason === 'unknown_source') return
  throw new UsageError(
    `--source is for messages refused for unknown_source, and not for ${reason}: those say whose they ` +
      'are. Leave it out.',
  )
}

function readValue(path: string): Buffer {
  try {
    // A command called in a folder of the project acts in the project's own (INIT_CWD is npm's name for it).
    return readFileSync(existsSync(path) ? path : resolve(process.env.INIT_CWD ?? '.', path))
  } catch (error) {
    throw new UsageError(
      `The value file ${path} cannot be read: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    )
  }
}

/** null, and a line that says so, when the message was replayed already. */
async function findWaiting(
  pool: Pool,
  place: PlaceTexts,
  { log, source }: ReplayOptions,
): Promise<Place | null> {
  const found = await requireMessage(pool, place, log)
  if (source !== undefined) requireUnknownSource(found.reason)
  if (found.replayed_at === null) return { ...found, logId: found.log_id }
  process.stderr.write(
    `The message was replayed at ${found.replayed_at.toISOString()} (load ${found.replay_load_id}). Nothing was changed.\n`,
  )
  return null
}

async function run(
  pool: Pool,
  asked: Pick<ReplayRequest, 'selection' | 'mended' | 'source'>,
  { dryRun, yes, output }: ReplayOptions,
): Promise<void> {
  const request = { ...asked, replayedBy: actorOfCli() }
  const preview = await replay(pool, { ...request, dryRun: true })
  await printRows(summary(preview), output, COLUMNS, 'No message of this kind waits.')
  const count = preview.staged + preview.duplicates
  if (dryRun) return
  if (count === 0) {
    if (preview.refused.length === 0) return
    process.exitCode = 1
    process.stderr.write('Every message is still refused. Nothing was changed.\n')
    return
  }
  if (!(await confirm(`Replay ${counted(count, 'message')}?`, yes))) {
    process.stderr.write('Nothing was changed.\n')
    return
  }
  const { staged, duplicates, loadIds, topics } = await replay(pool, { ...request, dryRun: false })
  process.stderr.write(
    `Replayed: ${staged} staged, ${duplicates} counted as duplicates; load ${loadIds.join(', ')}.\n` +
      [...new Set(topics.map((topic) => declaredTopic(topic).loadedBy))]
        .map(
          (dag) => `The next run of ${dag} takes them to the vault: terrace dags trigger ${dag}\n`,
        )
        .join(''),
  )
}

/** One row an outcome, with the first message as the example. */
function summary({ staged, duplicates, refused }: ReplayResult): Row[] {
  const rows: Row[] = []
  if (staged > 0) rows.push({ outcome: 'staged', messages: staged })
  if (duplicates > 0) rows.push({ outcome: 'duplicate', messages: duplicates })
  for (const reason of new Set(refused.map((refusal) => refusal.reason))) {
    const messages = refused.filter((refusal) => refusal.reason === reason)
    const { topic, partition, offset, detail } = messages[0]!
    const first = `${topic} ${partition} ${offset}`
    const example = { first, detail: visible(detail) }
    rows.push({ outcome: 'refused', reason, messages: messages.length, ...example })
  }
  return rows
}
