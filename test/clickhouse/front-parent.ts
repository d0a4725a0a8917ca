// A parent that starts a front, tells its pid, and is then killed by the test.

import { spawnClickHouseFront } from '../../connections/clickhouse-front/spawn.ts'

const front = await spawnClickHouseFront({
  dataFolder: process.argv[2]!,
  port: 0,
  user: 'terrace',
  password: 'of-a-test',
  log: () => {},
})
process.send?.({ pid: front.pid })
