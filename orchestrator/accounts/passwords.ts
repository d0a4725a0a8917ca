// Passwords: scrypt of node:crypto, with the parameters beside each hash, so that they may be raised
// without anybody having to choose a new password.
//
// 2^15 blocks of 1 kB three times is what OWASP puts on a level with its first choice (2^17 once),
// for a quarter of the memory: 32 MB. One is computed at a time, so a burst of logins waits and does
// not take the memory and the threads of everything else.

import { randomBytes, randomInt, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

interface Cost {
  n: number
  r: number
  p: number
}

const COST: Cost = { n: 2 ** 15, r: 8, p: 3 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const SHORTEST = 10
const LONGEST = 1_000

/** Letters and digits that are not taken for one another. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'

/** `k3vyq-…`: five groups of five, 123 bits. */
export function generatePassword(): string {
  const letter = () => ALPHABET[randomInt(ALPHABET.length)]!
  const group = () => Array.from({ length: 5 }, letter).join('')
  return Array.from({ length: 5 }, group).join('-')
}

/** Why a password cannot be taken, or null. */
export function passwordProblem(password: string): string | null {
  if (password.length < SHORTEST) return `it has fewer than ${SHORTEST} characters`
  return password.length > LONGEST ? `it has more than ${LONGEST} characters` : null
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  return written(COST, salt, await derive(password, salt, COST))
}

/** Takes as long with a hash of nobody (null) as with a user's. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const { cost, salt, expected } = read(hash ?? DECOY)
  // More than anybody may have set would only cost time.
  const found = await derive(password.slice(0, LONGEST + 1), salt, cost)
  return timingSafeEqual(found, expected) && hash !== null
}

let latest: Promise<unknown> = Promise.resolve()

function derive(password: string, salt: Buffer, { n, r, p }: Cost): Promise<Buffer> {
  const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r }
  // The same letters may be typed as other code points on another keyboard.
  const text = password.normalize('NFKC')
  const derived = latest.then(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(text, salt, HASH_BYTES, options, (error, key) => {
          if (error) reject(error)
          else resolve(key)
        })
      }),
  )
  latest = derived.catch(() => {})
  return derived
}

function written({ n, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  return `$scrypt$n=${n},r=${r},p=${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

function read(text: string): { cost: Cost; salt: Buffer; expected: Buffer } {
  const match = /^\$scrypt\$n=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(text)
  if (!match) throw new Error('A password hash in terrace.user_account is not one of scrypt.')
  const [n, r, p] = match.slice(1, 4).map(Number) as [number, number, number]
  const [salt, expected] = match.slice(4).map((part) => Buffer.from(part, 'base64url'))
  return { cost: { n, r, p }, salt: salt!, expected: expected! }
}

const DECOY = written(COST, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES))
