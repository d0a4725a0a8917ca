// The process of a task must not outlive its worker, however that one ended and whatever the task does: a
// handler that never yields hears of nothing, so a thread beside it looks for the worker too.

import { Worker } from 'node:worker_threads'

// The process leads a group, to which belongs what the task has started.
const LOOK = `
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.kill(-process.pid, 'SIGKILL')
}, 1_000)
`

export function endWithWorker(): void {
  process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'))
  new Worker(LOOK, {
    eval: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 8 },
  }).unref()
}
