// Text of a message in the two forms it can be sent in: HTML of the Bot API, and plain for a chat that
// will not have the HTML. What comes from outside is masked, then cut, then escaped, in this order: a
// secret cut in half is not recognised, and an escape cut in half is markup.

import type { Mask } from '../worker/secrets.ts'

/** Characters that a message may have, counted after its markup was read. */
export const LONGEST_MESSAGE = 4_096

export type Piece = string | { tag: 'b' | 'code' | 'pre'; text: string }

export interface Message {
  html: string
  plain: string
}

export function messageOf(pieces: readonly Piece[]): Message {
  return { html: pieces.map(htmlOf).join(''), plain: pieces.map(textOf).join('') }
}

/** In UTF-16 units, which are never fewer than the characters that the API counts. */
export function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + textOf(piece).length, 0)
}

/** What came from outside, fit for a message: masked and no longer than `longest`. */
export function shown(text: string, mask: Mask, longest: number): string {
  return cutAtCharacter(mask(text.toWellFormed()), longest)
}

/** As `shown`, on one line. */
export function shownOnOneLine(text: string, mask: Mask, longest: number): string {
  return cutAtCharacter(mask(text.toWellFormed()).replaceAll(/\s+/g, ' ').trim(), longest)
}

/** At most `longest` UTF-16 units, without half a character at the end. */
export function cutAtCharacter(text: string, longest: number): string {
  if (text.length <= longest) return text
  const kept = text.slice(0, Math.max(longest - 1, 0))
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`
}

function textOf(piece: Piece): string {
  return typeof piece === 'string' ? piece : piece.text
}

function htmlOf(piece: Piece): string {
  if (typeof piece === 'string') return escapeHtml(piece)
  return `<${piece.tag}>${escapeHtml(piece.text)}</${piece.tag}>`
}

/** The three that the HTML of the Bot API knows as markup; other entities it would show as they are. */
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
