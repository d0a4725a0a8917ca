// Which source a message is of: the one that its header `source` names; without it the one that the
// envelope names; without that the only one that sends to its topic.

import { findSource, type KnownSource, knownSources } from './adapters.ts'
import { quoted, Rejection } from './rejection.ts'
import type { StrictJson } from './strict-json.ts'

export interface SourceHints {
  topic: string
  headers: MessageHeaders
  /** The topic's only source when the message was loaded first; null: it had several, or none. */
  onlySource: string | null
}

/** Bytes that are no text are under `base64`. */
export type MessageHeaders = Readonly<Record<string, string | { base64: string }>>

/** @throws Rejection of a message that nobody can read, until somebody says whose it is */
export function sourceOf(
  { topic, headers, onlySource }: SourceHints,
  value: StrictJson,
): KnownSource {
  const name = textOf(headers.source) ?? textOf(memberOf(value)) ?? onlySource
  const known = name === null ? undefined : findSource(name)
  if (known !== undefined) return known
  const found =
    name === null
      ? `found none, and not one source alone sends to topic ${topic}`
      : `found ${quoted(name)}`
  throw new Rejection(
    'unknown_source',
    `source: ${found}, allowed are ${knownSources().join(', ')}.`,
  )
}

/** The source that the header names. */
export function headerOf({ headers }: Pick<SourceHints, 'headers'>): string | null {
  return textOf(headers.source)
}

function memberOf(value: StrictJson): unknown {
  return value instanceof Map ? value.get('source') : undefined
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
