// Which process a pid means. A pid alone is reused by the system, so everything that is written to
// disk carries the process's start beside it; a zombie (killed, not yet reaped) counts as gone.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process for good: the same pid with another start is another process. */
export interface ProcessIdentity {
  pid: number
  start: string
}

/** When the process started, in the system's own terms; null when no such process lives. */
export function startOf(pid: number): string | null {
  return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid)
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid) ?? 'unknown' }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startOf(identity.pid) === identity.start
}

/** The process that started another, or took it over; null when it cannot be read. */
export function parentOf(pid: number): number | null {
  try {
    return process.platform === 'linux' ? Number(statOf(pid)[1]) : Number(ps(pid, 'ppid=')) || null
  } catch {
    return null
  }
}

/** The short name that Linux shows of a process, such as `bash`; null when it cannot be read. */
export function nameOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return null
  }
}

/** The command line of a live process, words separated by spaces; null when it cannot be read. */
export function commandOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || null
    }
    return ps(pid, 'command=')
  } catch {
    return null
  }
}

function startFromProc(pid: number): string | null {
  try {
    const fields = statOf(pid)
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${fields[19]}`
  } catch {
    return null
  }
}

/** The fields of /proc/PID/stat from the process's state on. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command stands in parentheses and may itself hold spaces and parentheses.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function startFromPs(pid: number): string | null {
  try {
    if (ps(pid, 'stat=')?.startsWith('Z')) return null
    return ps(pid, 'lstart=')
  } catch {
    return null
  }
}

function ps(pid: number, column: string): string | null {
  const text = execFileSync('ps', ['-o', column, '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text.trim() || null
}
