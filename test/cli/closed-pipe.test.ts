import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

test('a command whose reader has gone ends without an error', async () => {
  const child = spawn(process.execPath, [resolve('orchestrator/cli/terrace.mjs'), '--help'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const [code] = await once(child, 'close')
  expect(stderr).toBe('')
  expect(code).toBe(0)
})
