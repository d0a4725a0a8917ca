// Loopback ports: is one free, who holds it, and a free one.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { codeOf, EngineError } from './engine-error.ts'
import { commandOf } from './live-process.ts'

/** A free loopback port: the first of `preferred` that is free, else one of the system's choice. */
export async function freePort(preferred: Iterable<number> = []): Promise<number> {
  for (const port of preferred) {
    if (await isFree(port)) return port
  }
  const port = await tryListen(0)
  if (port === null) throw new EngineError('No free port on 127.0.0.1.')
  return port
}

export async function isFree(port: number, host?: string): Promise<boolean> {
  return (await tryListen(port, host)) !== null
}

/** @throws PortTakenError that names who holds the port and the variable that moves `what` elsewhere. */
export async function requireFreePort(port: number, what: string, variable: string): Promise<void> {
  if (!(await isFree(port))) throw portTaken(port, what, variable)
}

export interface WantedPort {
  port: number
  host?: string
  what: string
  variable: string
}

/**
 * Looks at all of them, so that nobody mends one and meets the next at the next start.
 *
 * @param isOurs whether the process that holds a port is one that this start ends or adopts
 * @throws PortTakenError that names every port that is taken
 */
export async function requireFreePorts(
  wanted: readonly WantedPort[],
  isOurs: (pid: number) => boolean = () => false,
): Promise<void> {
  const taken: string[] = []
  for (const { port, host, what, variable } of wanted) {
    // A host that is none is for whoever listens there to say.
    const free = await isFree(port, host).catch((error: unknown) => {
      if (error instanceof EngineError) throw error
      return true
    })
    if (free) continue
    const pid = holderOf(port)
    if (pid === null || !isOurs(pid)) taken.push(portTaken(port, what, variable).message)
  }
  if (taken.length > 0) throw new PortTakenError(taken.join('\n'))
}

/** Another process listens there. */
export class PortTakenError extends EngineError {
  override name = 'PortTakenError'
}

export function portTaken(port: number, what: string, variable: string): PortTakenError {
  const holder = whoHolds(port)
  return new PortTakenError(
    `${what} cannot listen on 127.0.0.1:${port}: the port is held by ${holder ?? 'another process'}. ` +
      `Stop that process, or set ${variable} to another port (0 takes a free one).`,
  )
}

/** `pid 123 (command)` of the process that listens on the port, where the system tells. */
export function whoHolds(port: number): string | null {
  const pid = holderOf(port)
  if (pid === null) return null
  const command = commandOf(pid)
  return command ? `pid ${pid} (${command.slice(0, 80)})` : `pid ${pid}`
}

function holderOf(port: number): number | null {
  return process.platform === 'linux' ? listenerFromProc(port) : listenerFromLsof(port)
}

/** Binds and lets go: the bound port, or null when it is taken. */
function tryListen(port: number, host = '127.0.0.1'): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (codeOf(error) === 'EADDRINUSE') resolve(null)
      else if (codeOf(error) === 'EACCES') {
        reject(new EngineError(`Port ${port} needs more rights than this user has.`))
      } else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      server.close(() => resolve(bound))
    })
  })
}

function listenerFromProc(port: number): number | null {
  const inode = listeningInode('/proc/net/tcp', port) ?? listeningInode('/proc/net/tcp6', port)
  if (inode === null) return null
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of entries(`/proc/${pid}/fd`)) {
      if (linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`) return Number(pid)
    }
  }
  return null
}

function listeningInode(table: string, port: number): string | null {
  const LISTEN = '0A'
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  try {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      if (state === LISTEN && local?.endsWith(`:${hex}`)) return inode ?? null
    }
  } catch {
    // No such table: the system has no IPv6, or hides it.
  }
  return null
}

function listenerFromLsof(port: number): number | null {
  try {
    const text = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number.parseInt(text, 10) || null
  } catch {
    return null
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
