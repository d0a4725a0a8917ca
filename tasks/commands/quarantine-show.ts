// quarantine show: one message with its bytes.

import {
  type Command,
  examples,
  type OutputFormat,
  outputOption,
  printRecord,
} from '../../orchestrator/cli/commands.ts'
import { counted } from '../../orchestrator/counted.ts'
import { REASONS, REJECTION_REASONS } from '../messages/rejection.ts'
import { asText, hexDump, visible } from './bytes-for-eyes.ts'
import { requireMessage } from './message-place.ts'
import { withQuarantine } from './with-quarantine.ts'

const SHOWN_BYTES = 4_096

export function defineQuarantineShow(quarantine: Command): void {
  const show = quarantine
    .command('show')
    .description('one message: bytes, headers, and why it was refused')
    .argument('<topic>', 'its topic')
    .argument('<partition>', 'its partition')
    .argument('<offset>', 'its offset')
    .option('--log <log_id>', 'its log, when several have the place')
    .addOption(outputOption())
    .action(
      async (
        topic: string,
        partition: string,
        offset: string,
        options: { log?: string; output: OutputFormat },
      ) => {
        const place = [topic, partition, offset] as const
        const message = await withQuarantine((pool) => requireMessage(pool, place, options.log))
        const { key, value, mended_value, ...refused } = message
        const facts = { ...refused, meaning: meaningOf(refused.reason) }
        if (options.output === 'json' || options.output === 'yaml') {
          return printRecord(
            {
              ...facts,
              ...inFull('key', key),
              ...inFull('value', value),
              ...(mended_value && inFull('mended_value', mended_value)),
            },
            options.output,
          )
        }
        const record = {
          ...facts,
          headers: JSON.stringify(facts.headers),
          key: key && inShort(key),
        }
        const seen = Object.entries(record).map(([name, value]) => [name, forEyes(value)])
        await printRecord(Object.fromEntries(seen), options.output)
        process.stdout.write(`\nvalue, ${sizeOf(value)}\n${value ? inShort(value) : ''}\n`)
        if (mended_value) {
          process.stdout.write(`\nreplayed as, ${sizeOf(mended_value)}\n${inShort(mended_value)}\n`)
        }
      },
    )
  examples(show, 'quarantine show user_events 0 1042', 'quarantine show user_events 0 1042 -o json')
}

/** null: a reason of an older version, which raises it no more. */
function meaningOf(reason: string): string | null {
  const known = REJECTION_REASONS.find((one) => one === reason)
  return known === undefined ? null : REASONS[known].meaning
}

/** For programs: the text, and the digits when there is no text. */
function inFull(name: string, bytes: Buffer | null): Record<string, string | null> {
  const text = bytes && asText(bytes)
  return bytes && text === null
    ? { [name]: null, [`${name}_hex`]: bytes.toString('hex') }
    : { [name]: text }
}

function inShort(bytes: Buffer): string {
  const shown = bytes.subarray(0, SHOWN_BYTES)
  const rest = bytes.length - shown.length
  // What is cut may end within a character, so the whole decides whether it is text.
  const text = asText(bytes) === null ? hexDump(shown) : visible(shown.toString())
  return rest > 0 ? `${text}\n… and ${counted(rest, 'more byte')} (-o json shows all)` : text
}

function forEyes(value: unknown): unknown {
  return typeof value === 'string' ? visible(value) : value
}

function sizeOf(bytes: Buffer | null): string {
  return bytes ? counted(bytes.length, 'byte') : 'none: a tombstone'
}
