import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { MartsStore } from './marts-store.ts'
import type { TestWarehouse } from './warehouse.ts'

/** dds_to_clickhouse in a process that the failpoint kills. */
export async function killedInChild(
  shop: TestWarehouse,
  store: MartsStore,
  failpoint: string,
): Promise<void> {
  const script = fileURLToPath(new URL('load-marts-in-child.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, shop.url, store.url], {
    env: { ...process.env, TERRACE_FAILPOINTS: failpoint },
    stdio: 'inherit',
  })
  const [, signal] = await once(child, 'exit')
  expect(signal, 'the signal by which the child ended').toBe('SIGKILL')
}
