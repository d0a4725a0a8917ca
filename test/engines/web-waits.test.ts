// The role web, started before its database.

import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { loadEnvironment } from '../../connections/environment.ts'
import { runWeb } from '../../orchestrator/roles/web.ts'
import { freshControlPlane } from '../support/control-plane.ts'
import { until } from '../support/until.ts'

const home = mkdtempSync(join(tmpdir(), 'terrace-test-web-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

test('waits for Postgres, says so once, and serves when it is there', async () => {
  const plane = await freshControlPlane()
  const real = new URL(inject('postgresUrl'))
  const door = createServer((socket) => {
    const server = connect(Number(real.port), '127.0.0.1')
    socket.pipe(server).pipe(socket)
    socket.on('error', () => {}).on('close', () => server.destroy())
    server.on('error', () => {}).on('close', () => socket.destroy())
  })
  await listen(door, 0)
  const { port } = door.address() as AddressInfo
  await new Promise((resolve) => door.close(resolve))

  const url = new URL(plane.database.url)
  url.port = String(port)
  const lines: string[] = []
  let served = ''
  const over = new AbortController()
  const running = runWeb(
    loadEnvironment({
      TERRACE_HOME: home,
      DATABASE_URL: url.href,
      CLICKHOUSE_URL: 'http://127.0.0.1:1',
      TERRACE_WEB_PORT: '0',
    }),
    {
      signal: over.signal,
      log: (line) => lines.push(line),
      onListening: (address) => {
        served = address
      },
    },
  )
  try {
    await until('it says that it waits', async () =>
      lines.some((line) => line.includes('waiting for it')),
    )
    await listen(door, port)
    await until('it serves', async () => served !== '')
    const health = await fetch(`${served}/api/v2/monitor/health`).then((answer) => answer.json())
    expect(health).toMatchObject({ metadatabase: { status: 'healthy' } })
    expect(lines.filter((line) => line.includes('does not answer'))).toHaveLength(1)
  } finally {
    over.abort()
    await running
    await new Promise((resolve) => door.close(resolve))
    await plane.close()
  }
}, 60_000)

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
}
