import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../scripts/history.ts', import.meta.url))

function history(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', SCRIPT, ...args],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

describe('npm run history', () => {
  it('explains itself', () => {
    const { status, stdout } = history('--help')
    expect(status).toBe(0)
    expect(stdout).toContain('npm run history -- --days 90')
    expect(stdout).toContain('wait until the messages are sent')
  })

  it.each([
    [[], '--days is missing. Example: npm run history -- --days 90'],
    [
      ['--days', 'abc'],
      '--days is "abc", allowed is a number of days from 1/1440 (a minute) to 3660. Example: npm run history -- --days 90\n',
    ],
    [['--days', ''], '--days is ""'],
    [
      ['--days', '5', '--events-per-minute', '0'],
      '--events-per-minute is "0", allowed is a number above 0, at most 100000. Example: npm run history -- --days 90 --events-per-minute 20',
    ],
    [['--days', '5', '--seed', ''], '--seed is "", allowed is a text'],
    [['--hours', '5'], "Unknown option '--hours'. All flags: npm run history -- --help"],
    [['--days'], 'All flags: npm run history -- --help'],
  ])('answers %j with what is allowed and exit code 2, and starts nothing', (args, message) => {
    const { status, stdout, stderr } = history(...args)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })
})
