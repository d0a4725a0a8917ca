// The ClickHouse that users get without one of their own, in the temporary home.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  type ClickHouseFront,
  spawnClickHouseFront,
} from '../../connections/clickhouse-front/spawn.ts'

export function startClickHouse(home: string): Promise<ClickHouseFront> {
  return spawnClickHouseFront({
    dataFolder: join(home, 'clickhouse'),
    port: 0,
    user: 'terrace',
    password: randomUUID(),
    log: () => {},
  })
}
