// What a load costs in memory: this process, which runs the tasks, and the two engines.

import { megabytesOf, treeOf } from '../processes.ts'

const LOOK_EVERY_MS = 2_000

export interface Memory {
  /** Now, and the most since the last call, in megabytes. */
  line(): string
  stop(): void
}

export function watchMemory(engines: { postgres: number; clickhouse: number }): Memory {
  const parts = [
    { name: 'tasks', size: () => process.memoryUsage.rss() / 1_048_576, most: 0 },
    { name: 'Postgres', size: () => sizeOf(engines.postgres), most: 0 },
    { name: 'ClickHouse', size: () => sizeOf(engines.clickhouse), most: 0 },
  ]
  const look = () => {
    for (const part of parts) part.most = Math.max(part.most, part.size())
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  return {
    line() {
      look()
      const texts = parts.map(
        ({ name, size, most }) => `${name} ${size().toFixed(0)} MB (most ${most.toFixed(0)})`,
      )
      for (const part of parts) part.most = 0
      return texts.join(', ')
    },
    stop: () => clearInterval(timer),
  }
}

function sizeOf(root: number): number {
  return treeOf(root).reduce((megabytes, pid) => megabytes + megabytesOf(pid), 0)
}
