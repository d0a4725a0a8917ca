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
import type { Implementation, OpenImplementation } from './implementations.ts'

const driverVersion = '0.9.2'
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const missing = ['java', 'mvn'].filter((name) => !isInstalled(name))

/** Whether suites of the driver are left out here. */
export const isSkipped = missing.length > 0 && !process.env.CI
if (isSkipped) console.log(`Java driver lane skipped: ${missing.join(' and ')} not found`)

export function describeJavaDriver(implementation: Implementation): void {
  describe.skipIf(isSkipped)(`clickhouse-jdbc: ${implementation.name}`, () => {
    test('reads, writes, fails and is refused as with a server', { timeout: 240_000 }, async () => {
      const opened = await implementation.open()
      try {
        const stdout = await runWithJavaDriver(here('JdbcProbe.java'), opened)
        expect(stdout.match(/^ok /gm)).toHaveLength(12)
      } finally {
        await opened.close()
      }
    })
  })
}

/** Runs a single Java source file with the address of a database, and returns what it prints. */
export async function runWithJavaDriver(
  source: string,
  to: Pick<OpenImplementation, 'origin' | 'user' | 'password' | 'database'>,
  ...more: string[]
): Promise<string> {
  expect(missing, 'CI must have these').toEqual([])
  const url = `jdbc:clickhouse:${to.origin}/${to.database}`
  const { stdout } = await promisify(execFile)(
    'java',
    ['-cp', await driver(), source, url, ...more],
    {
      env: { ...process.env, PROBE_USER: to.user, PROBE_PASSWORD: to.password },
      timeout: 120_000,
    },
  )
  return stdout
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
