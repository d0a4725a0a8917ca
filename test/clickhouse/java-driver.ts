// The Java driver (what Metabase and DBeaver use), fetched by Maven: its defaults ask for LZ4
// framing and RowBinary, which no other client here does. Without java or mvn the lane is skipped,
// except in CI, where that is a failure.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Implementation } from './implementations.ts'

const driverVersion = '0.9.2'
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export function describeJavaDriver(implementation: Implementation): void {
  const missing = ['java', 'mvn'].filter((name) => !isInstalled(name))
  const skipped = missing.length > 0 && !process.env.CI
  if (skipped) console.log(`Java driver lane skipped: ${missing.join(' and ')} not found`)
  describe.skipIf(skipped)(`clickhouse-jdbc: ${implementation.name}`, () => {
    test('reads, writes, fails and is refused as with a server', { timeout: 240_000 }, async () => {
      expect(missing, 'CI must have these').toEqual([])
      const classPath = await driver()
      const opened = await implementation.open()
      try {
        const url = `jdbc:clickhouse:${opened.origin}/${opened.database}`
        const env = { ...process.env, PROBE_USER: opened.user, PROBE_PASSWORD: opened.password }
        const { stdout } = await promisify(execFile)(
          'java',
          ['-cp', classPath, here('JdbcProbe.java'), url],
          { env, timeout: 120_000 },
        )
        expect(stdout.match(/^ok /gm)).toHaveLength(12)
      } finally {
        await opened.close()
      }
    })
  })
}

async function driver(): Promise<string> {
  const folder = join(tmpdir(), `clickhouse-jdbc-${driverVersion}`)
  if (!existsSync(join(folder, `clickhouse-jdbc-${driverVersion}-all.jar`))) {
    await promisify(execFile)('mvn', [
      ...['--batch-mode', '--quiet', '--file', here('pom.xml'), 'dependency:copy-dependencies'],
      ...[`-DoutputDirectory=${folder}`, `-DdriverVersion=${driverVersion}`],
    ])
  }
  return join(folder, '*')
}

function isInstalled(name: string): boolean {
  try {
    execFileSync(name, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
