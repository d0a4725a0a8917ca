// Text and JSON from outside, made into what Postgres can hold: neither text nor jsonb can hold NUL,
// and half of a surrogate pair is no UTF-8. Each is shown as U+FFFD.

const REPLACEMENT = '\ufffd'

export function storableText(text: string): string {
  return text.replaceAll('\0', REPLACEMENT).toWellFormed()
}

// JSON.stringify writes a whole pair as it is, so an escaped surrogate is always a lone one. The
// second alternative steps over every other escape: the text of `\\ud83d` is a backslash and letters.
const ESCAPE = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|[\s\S])/g

/** JSON text for a parameter of type json or jsonb, with keys and values that it can hold. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\u')) return json
  return json.replace(ESCAPE, (escaped) => (escaped.length > 2 ? REPLACEMENT : escaped))
}
