// Which project a command belongs to, and what a start says of ports that are taken.

import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'
import { terraceIn } from './terrace.ts'

const LIMIT = 60_000
const project: ProjectFolder = projectFolder({
  'package.json': '{"name": "shop", "dependencies": {"terrace": "*"}}',
  'dags/deep/er/.keep': '',
})
afterAll(() => project.remove())

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-nothing-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('A command', { timeout: LIMIT }, () => {
  test('in a folder of a project acts on the project above it', async () => {
    const terrace = terraceIn({ cwd: join(project.path, 'dags/deep/er') })
    const { stdout } = await terrace('doctor', '-o', 'json')
    const found = JSON.parse(stdout).map(({ found }: { found: string }) => found)
    const path = realpathSync(project.path)
    expect(found).toContain(`${path}/.terrace (not made yet)`)
    expect(found).toContainEqual(expect.stringContaining(`${path}/dags (1 `))
  })

  test('takes a folder that was given with the call from where it was called', async () => {
    const cwd = join(project.path, 'dags/deep')
    const terrace = terraceIn({ cwd, env: { TERRACE_HOME: 'er' } })
    const { stdout } = await terrace('doctor', '-o', 'json')
    expect(stdout).toContain(realpathSync(join(cwd, 'er')))
  })

  test.each(['dags list', 'standalone', 'engines'])(
    'in no project starts no engines and says what to do: %s',
    async (command) => {
      const cwd = emptyFolder()
      const { code, stderr } = await terraceIn({ cwd })(...command.split(' '))
      expect(code).toBe(1)
      expect(stderr).toMatch(/no Terrace project in .*terrace init.*TERRACE_HOME/)
      expect(existsSync(join(cwd, '.terrace'))).toBe(false)
    },
  )
})

test(
  'A start names every port that is taken, before it starts anything',
  async () => {
    const holders = [createServer(), createServer()]
    onTestFinished(() => void holders.map((holder) => holder.close()))
    const ports = await Promise.all(
      holders.map(async (holder) => {
        await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
        return String((holder.address() as AddressInfo).port)
      }),
    )
    const home = join(emptyFolder(), 'home')
    mkdirSync(home)
    const [clickhouse, web] = ports as [string, string]
    const terrace = terraceIn({
      env: { TERRACE_HOME: home, TERRACE_CLICKHOUSE_PORT: clickhouse, TERRACE_WEB_PORT: web },
    })
    const { code, stderr } = await terrace('standalone')
    expect(code).toBe(1)
    const holder = `held by pid ${process.pid} `
    for (const [port, variable] of [
      [clickhouse, 'TERRACE_CLICKHOUSE_PORT'],
      [web, 'TERRACE_WEB_PORT'],
    ]) {
      expect(stderr).toMatch(
        new RegExp(`127.0.0.1:${port}: the port is ${holder}.*set ${variable}`),
      )
    }
    expect(existsSync(join(home, 'postgres'))).toBe(false)
  },
  LIMIT,
)
