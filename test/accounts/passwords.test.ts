import { expect, test } from 'vitest'
import {
  generatePassword,
  hashPassword,
  isPassword,
  passwordProblem,
} from '../../orchestrator/accounts/passwords.ts'

test('a hash carries its parameters and a salt of its own, and fits its password alone', async () => {
  const [one, two] = await Promise.all([
    hashPassword('correct horse'),
    hashPassword('correct horse'),
  ])
  expect(one).toMatch(/^\$scrypt\$n=32768,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/)
  expect(two).not.toBe(one)
  expect(await isPassword('correct horse', one)).toBe(true)
  expect(await isPassword('correct horsf', one)).toBe(false)
})

test('a hash with other parameters is still read', async () => {
  // RFC 7914, section 12: P="pleaseletmein", S="SodiumChloride", N=16384, r=8, p=1 (first 32 bytes).
  const hash = Buffer.from(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
    'hex',
  ).toString('base64url')
  const salt = Buffer.from('SodiumChloride').toString('base64url')
  const stored = `$scrypt$n=16384,r=8,p=1$${salt}$${hash}`
  expect(await isPassword('pleaseletmein', stored)).toBe(true)
  expect(await isPassword('pleaseletmeout', stored)).toBe(false)
})

test('the same letters from another keyboard are the same password', async () => {
  const composed = 'caf\u00e9 au lait'
  const decomposed = 'cafe\u0301 au lait'
  expect(await isPassword(decomposed, await hashPassword(composed))).toBe(true)
})

test('a user who is not there takes as long as a wrong password', async () => {
  const hash = await hashPassword('correct horse')
  // Of the processor: how busy the machine is makes no difference.
  const timeOf = async (stored: string | null) => {
    const from = process.cpuUsage()
    expect(await isPassword('battery staple', stored)).toBe(false)
    const { user, system } = process.cpuUsage(from)
    return user + system
  }
  const [known, unknown] = [await timeOf(hash), await timeOf(null)]
  expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(2)
})

test('generated passwords differ and can be taken', () => {
  const made = Array.from({ length: 100 }, generatePassword)
  expect(new Set(made).size).toBe(100)
  for (const password of made) {
    expect(password).toMatch(/^([2-9a-z]{5}-){4}[2-9a-z]{5}$/)
    expect(passwordProblem(password)).toBeNull()
  }
})

test('passwords that are too short or too long are refused', () => {
  expect(passwordProblem('123456789')).toContain('fewer than 10')
  expect(passwordProblem('x'.repeat(1_001))).toContain('more than 1000')
})
