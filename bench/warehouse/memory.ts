// What a load costs in memory: this process, which runs the tasks, and the two engines.

import { megabytesOf, treeOf } from '../processes.ts'

export interface Memory {
  /** In megabytes, for a line of progress. */
  now(): string
}

export function watchMemory(engines: { postgres: number; clickhouse: number }): Memory {
  const tree = (root: number) =>
    treeOf(root).reduce((megabytes, pid) => megabytes + megabytesOf(pid), 0)
  return {
    now() {
      const tasks = process.memoryUsage.rss() / 1_048_576
      const [postgres, clickhouse] = [tree(engines.postgres), tree(engines.clickhouse)]
      return (
        `tasks ${tasks.toFixed(0)} MB, Postgres ${postgres.toFixed(0)} MB, ` +
        `ClickHouse ${clickhouse.toFixed(0)} MB`
      )
    },
  }
}
