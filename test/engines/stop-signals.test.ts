import { afterEach, expect, test } from 'vitest'
import { listenForStop, type StopSignals } from '../../connections/engines/stop-signals.ts'

let now = 0
let signals: StopSignals
afterEach(() => signals.release())

function state(): string {
  return `${signals.asked.aborted ? 'asked' : 'quiet'}, ${signals.urged.aborted ? 'urged' : 'not urged'}`
}

test('What follows a signal within a moment is the same wish, and a later one urges', () => {
  signals = listenForStop(() => now)
  expect(state()).toBe('quiet, not urged')
  process.emit('SIGINT')
  now += 100
  process.emit('SIGINT')
  process.emit('SIGTERM')
  expect(state()).toBe('asked, not urged')
  now += 2_000
  process.emit('SIGINT')
  expect(state()).toBe('asked, urged')
})
