// What may be said of an outer API that failed: nothing that holds its key, and no bytes from outside
// but a few that can be seen.

/** A call that brought no reply which can be used. Its text is fit for a log. */
export class OuterApiError extends Error {
  override name = 'OuterApiError'
}

const SHOWN = 80

/** The beginning of a body for an eye. */
export function firstBytes(body: Buffer): string {
  const shown = visible(JSON.stringify(body.subarray(0, SHOWN).toString('utf8')))
  return body.length > SHOWN ? `${shown}… (${body.length} bytes)` : shown
}

/** Text from outside on one line, with every character that cannot be seen as an escape. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
    )
}

/** The text without the key, as it is and as a URL writes it. */
export function withoutKey(text: string, key: string): string {
  return text.replaceAll(key, '***').replaceAll(encodeURIComponent(key.toWellFormed()), '***')
}

/** Bytes without the key: servers repeat it in what they say about it. */
export function bytesWithoutKey(body: Buffer, key: string): Buffer {
  const text = body.toString('latin1')
  const masked = withoutKey(text, Buffer.from(key).toString('latin1'))
  return masked === text ? body : Buffer.from(masked, 'latin1')
}
