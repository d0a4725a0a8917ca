// Stops embedded Postgres after its owner died without doing so (kill -9, a crash).
//
// The watchdog is a shell that waits on a pipe whose other end only the owner holds: the system
// closes it however the owner ends, so there is nothing to poll and no pid to mistake. It gives the
// next start a moment to adopt the server, and then asks for a fast shutdown. Runs in a session of
// its own, out of reach of Ctrl-C.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isAlive, type ProcessIdentity, startOf } from './live-process.ts'

const GRACE_SECONDS = 2

// $1 data folder, $2 grace, $3 the file that names the watchdog in charge. A later owner writes its
// own watchdog there, and this one then leaves.
const SCRIPT = `
read -r order
[ "$order" = dismissed ] && exit 0
sleep "$2"
read -r inCharge < "$3"
[ "$inCharge" = "$$" ] || exit 0
read -r pid < "$1/postmaster.pid" || exit 0
command=$(tr '\\0' ' ' < "/proc/$pid/cmdline" || ps -o command= -p "$pid")
case "$command" in *"$1"*) ;; *) exit 0 ;; esac
kill -INT "$pid"
tries=0
while [ -f "$1/postmaster.pid" ] && [ "$tries" -lt 20 ]; do sleep 1; tries=$((tries + 1)); done
[ -f "$1/postmaster.pid" ] && kill -QUIT "$pid"
exit 0
`

export interface Watchdog {
  /** When the server was stopped in order. Resolves when the watchdog is gone too. */
  dismiss(): Promise<void>
  identity: ProcessIdentity | null
}

/** Must be called by the process that owns the server. */
export function watchOwner(data: string): Watchdog {
  const file = join(dirname(data), 'watchdog.pid')
  const shell = spawn(
    '/bin/sh',
    ['-c', SCRIPT, 'terrace-watchdog', data, `${GRACE_SECONDS}`, file],
    {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  // Neither a watchdog that is gone nor one that waits may end or hold up the owner.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref()
  const pid = shell.pid
  if (pid === undefined) return { dismiss: async () => {}, identity: null }
  writeFileSync(file, `${pid}\n`)
  const identity = { pid, start: startOf(pid) ?? 'unknown' }
  return {
    identity,
    async dismiss() {
      if (!isAlive(identity)) return
      const ended = once(shell, 'exit')
      shell.ref()
      shell.stdin.end('dismissed\n')
      await ended
    },
  }
}
