import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { dagFile, dagFolder } from './dag-folder.ts'

test('a child whose file blocks it ends within five seconds of losing its parent', async () => {
  const folder = await dagFolder({
    'a.ts': dagFile(
      'a',
      `import { writeFileSync } from 'node:fs'
      writeFileSync(new URL('./a.pid', import.meta.url), String(process.pid))
      while (true) {}`,
    ),
  })
  const script = fileURLToPath(new URL('./parse-orphan.ts', import.meta.url))
  const parent = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, folder])
  onTestFinished(() => void parent.kill('SIGKILL'))
  const pidFile = join(folder, 'a.pid')
  await vi.waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8'), 20_000)
  const child = Number(readFileSync(pidFile, 'utf8'))
  onTestFinished(() => void (isAlive(child) && process.kill(child, 'SIGKILL')))

  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await vi.waitUntil(() => !isAlive(child), 5_000)
  expect(isAlive(child)).toBe(false)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A zombie that its new parent has not reaped is dead.
    const status = `/proc/${pid}/status`
    return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, 'utf8'))
  } catch {
    return false
  }
}
