// Memory and processor time of processes, from /proc: PSS, so that what processes share is counted
// once over all of them. Only Linux has it.

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const TICKS_PER_SECOND = 100

export interface Footprint {
  megabytes: number
  /** Of one core. */
  cpuPercent: number
}

/** Of the processes that `pids` names at both ends of the wait, together. */
export async function footprint(
  pids: () => readonly number[],
  seconds: number,
): Promise<Footprint> {
  const before = new Map(pids().map((pid) => [pid, ticksOf(pid)]))
  const began = performance.now()
  await delay(seconds * 1_000)
  const elapsed = (performance.now() - began) / 1_000
  let ticks = 0
  let megabytes = 0
  for (const pid of pids()) {
    ticks += ticksOf(pid) - (before.get(pid) ?? 0)
    megabytes += megabytesOf(pid)
  }
  return { megabytes, cpuPercent: (ticks / TICKS_PER_SECOND / elapsed) * 100 }
}

/** A process and everything below it. */
export function treeOf(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`/proc/${name}/stat`)
    if (stat) parents.set(Number(name), Number(fieldsOf(stat)[1]))
  }
  const tree = [root]
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child)
  }
  return tree
}

function ticksOf(pid: number): number {
  const fields = fieldsOf(read(`/proc/${pid}/stat`))
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

export function megabytesOf(pid: number): number {
  const pss = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))
  return pss ? Number(pss[1]) / 1_024 : 0
}

/** After the command, which may hold spaces: state, parent, … */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
