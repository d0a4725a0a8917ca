// The npm (or pnpm, yarn) that a command was started through. It passes SIGTERM on to the shell between
// them and ends with that shell, and the command would go on with nobody to stop it.

import { isAlive, nameOf, type ProcessIdentity, parentOf, startOf } from './live-process.ts'

const SHELLS = new Set(['sh', 'dash', 'bash', 'ash', 'busybox', 'zsh', 'ksh', 'mksh', 'fish'])
const LOOK_EVERY_MS = 1_000

/** Calls `onLost` once when the launcher, or the shell that it started us with, is gone. */
export function watchLauncher(onLost: () => void): { stop(): void } {
  // A child of ours has a channel instead, which tells at once.
  if (process.env.npm_execpath === undefined || process.channel) return { stop() {} }
  const parent = process.ppid
  const launcher = beyondShell(parent)
  const timer = setInterval(() => {
    if (process.ppid === parent && (launcher === null || isAlive(launcher))) return
    clearInterval(timer)
    onLost()
  }, LOOK_EVERY_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** The process that started us, when it did so through a shell that stayed. */
function beyondShell(parent: number): ProcessIdentity | null {
  // Elsewhere the system's shell gives its place to the command, and each look would start `ps`.
  if (process.platform !== 'linux') return null
  // Such a shell gives its place to the command at `exec`: npm is our parent then, and the shell that
  // started npm may end while npm goes on.
  if (!SHELLS.has(nameOf(parent) ?? '')) return null
  const pid = parentOf(parent)
  const start = pid === null || pid <= 1 ? null : startOf(pid)
  return start === null ? null : { pid: pid!, start }
}
