// A child of a child, which both report their pid over IPC and end with their parents.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endWithParent } from '../../connections/engines/end-with-parent.ts'

const [kind] = process.argv.slice(2)

if (kind === 'parent') {
  const child = fork(fileURLToPath(import.meta.url), ['child'], { execArgv: process.execArgv })
  child.on('message', (pid) => process.send?.(pid))
} else {
  endWithParent()
  // Busy with something that would go on for ever.
  setInterval(() => {}, 60_000)
  process.send?.(process.pid)
}
