import { cutText, type SecretMask } from '../../connections/mask-secrets.ts'
import { storableText } from '../../connections/postgres-text.ts'

export { type Mask, maskSecrets, type SecretMask } from '../../connections/mask-secrets.ts'

export const MAX_ERROR_LENGTH = 16_384
// Of cutText's notice: what a runner has cut is not cut again.
const LONGEST_NOTICE = 64

/** Why something failed, as it may be stored and shown: masked, and text that Postgres can hold. */
export function errorText(text: string, mask: SecretMask): string {
  const kept = text.slice(0, MAX_ERROR_LENGTH + mask.longest)
  const before = { dropped: text.length - kept.length, longestSecret: mask.longest }
  const masked = mask(storableText(kept))
  if (before.dropped === 0 && masked.length <= MAX_ERROR_LENGTH + LONGEST_NOTICE) return masked
  return cutText(masked, MAX_ERROR_LENGTH, before)
}
