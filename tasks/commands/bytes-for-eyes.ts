// Bytes from outside on a terminal: text where they are UTF-8, else hexadecimal digits.

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// Characters that move the cursor or hide what stands there: controls, formats, line separators.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The bytes as text; null when they are not UTF-8. */
export function asText(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** The text with every character that cannot be seen as `\u{200b}`; lines stay lines. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === '\n' ? '\n' : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )
}

/** Sixteen bytes a line: where they stand, the digits, and what of them is ASCII. */
export function hexDump(bytes: Buffer): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16)
    const digits = part.toString('hex').replace(/(..)(?=.)/g, '$1 ')
    const ascii = part.toString('latin1').replace(/[^\x20-\x7e]/g, '.')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${digits.padEnd(47)}  ${ascii}`)
  }
  return lines.join('\n')
}
