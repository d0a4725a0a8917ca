import { expect, test } from 'vitest'
import { LoginAttempts } from '../../orchestrator/api/auth/login-attempts.ts'

const MINUTES = 60_000

function attemptsAt(start = 0) {
  const clock = { now: start }
  return { clock, attempts: new LoginAttempts(() => clock.now) }
}

test('a name has ten attempts in five minutes, from whatever address and in any case', () => {
  const { clock, attempts } = attemptsAt()
  for (let n = 0; n < 10; n++) expect(attempts.begin(`10.0.0.${n}`, 'ada')).toBeNull()
  clock.now += 1 * MINUTES
  expect(attempts.begin('10.0.1.1', 'ADA')).toBe(4 * 60)
  expect(attempts.begin('10.0.1.1', 'vera')).toBeNull()
  clock.now += 4 * MINUTES
  expect(attempts.begin('10.0.1.1', 'ada')).toBeNull()
})

test('an address has thirty attempts, for whatever name', () => {
  const { attempts } = attemptsAt()
  for (let n = 0; n < 30; n++) expect(attempts.begin('10.0.0.1', `user${n}`)).toBeNull()
  expect(attempts.begin('10.0.0.1', 'ada')).toBe(5 * 60)
  expect(attempts.begin('10.0.0.2', 'ada')).toBeNull()
})

test('a right password frees the name, and does not free the address', () => {
  const { attempts } = attemptsAt()
  for (let n = 0; n < 9; n++) attempts.begin('10.0.0.1', 'ada')
  expect(attempts.begin('10.0.0.1', 'ada')).toBeNull()
  attempts.succeed('10.0.0.1', 'ada')
  for (let n = 0; n < 10; n++) expect(attempts.begin('10.0.0.2', 'ada')).toBeNull()
  for (let n = 0; n < 21; n++) expect(attempts.begin('10.0.0.1', `user${n}`)).toBeNull()
  expect(attempts.begin('10.0.0.1', 'vera')).not.toBeNull()
})

test('attempts while one is blocked do not lengthen it', () => {
  const { clock, attempts } = attemptsAt()
  for (let n = 0; n < 10; n++) attempts.begin('10.0.0.1', 'ada')
  clock.now += 4 * MINUTES
  for (let n = 0; n < 50; n++) expect(attempts.begin('10.0.0.2', 'ada')).toBe(60)
  clock.now += 1 * MINUTES
  expect(attempts.begin('10.0.0.2', 'ada')).toBeNull()
})

test('refused attempts push nobody out, however many names they are for', () => {
  const { attempts } = attemptsAt()
  for (let n = 0; n < 10; n++) attempts.begin('10.0.0.1', 'ada')
  for (let n = 0; n < 20; n++) attempts.begin('10.0.0.1', `user${n}`)
  for (let n = 0; n < 20_000; n++) attempts.begin('10.0.0.1', `name${n}`)
  expect(attempts.begin('10.0.0.1', 'vera')).toBe(5 * 60)
  expect(attempts.begin('10.0.0.2', 'ada')).toBe(5 * 60)
})

test('a flood from many addresses frees nobody who is blocked', () => {
  const { attempts } = attemptsAt()
  for (let n = 0; n < 10; n++) attempts.begin('10.0.0.1', 'ada')
  for (let n = 0; n < 20; n++) attempts.begin('10.0.0.1', `user${n}`)
  for (let n = 0; n < 20_000; n++) {
    expect(attempts.begin(`2001:db8::${n.toString(16)}`, `name${n}`)).toBeNull()
  }
  expect(attempts.begin('10.0.0.1', 'vera')).toBe(5 * 60)
  expect(attempts.begin('10.0.0.2', 'ada')).toBe(5 * 60)
})

test('what is over makes room before what still counts', () => {
  const { clock, attempts } = attemptsAt()
  for (let n = 0; n < 5_000; n++) attempts.begin(`2001:db8::${n.toString(16)}`, `name${n}`)
  clock.now += 4 * MINUTES
  for (let n = 0; n < 9; n++) attempts.begin('10.0.0.1', 'ada')
  for (let n = 0; n < 4_999; n++) attempts.begin(`2001:db8:1::${n.toString(16)}`, `more${n}`)
  clock.now += 1 * MINUTES
  for (let n = 0; n < 5_000; n++) attempts.begin(`2001:db8:2::${n.toString(16)}`, `last${n}`)
  expect(attempts.begin('10.0.0.2', 'ada')).toBeNull()
  expect(attempts.begin('10.0.0.2', 'ada')).toBe(4 * 60)
})
