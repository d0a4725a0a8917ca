// Which names in the Host header are served: others are names that somebody else points here.

import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { guardRequests } from '../../orchestrator/api/guard.ts'

async function statusOf(host: string, listensOn: string, pageUrl?: string): Promise<number> {
  const app = fastify()
  guardRequests(app, listensOn, pageUrl)
  app.get('/', async () => 'served')
  const { statusCode } = await app.inject({ url: '/', headers: { host } })
  return statusCode
}

test('A server in a container serves the address that its port is published on, and no name', async () => {
  expect(await statusOf('127.0.0.1:8081', '0.0.0.0')).toBe(200)
  expect(await statusOf('192.168.1.7:8081', '0.0.0.0')).toBe(200)
  expect(await statusOf('terrace.example', '0.0.0.0')).not.toBe(200)
})

test('The name in TERRACE_PAGE_URL is served behind a proxy, whatever the port', async () => {
  const url = 'https://Terrace.example'
  expect(await statusOf('terrace.example', '0.0.0.0', url)).toBe(200)
  expect(await statusOf('terrace.example:443', '127.0.0.1', url)).toBe(200)
  expect(await statusOf('evil.example', '0.0.0.0', url)).not.toBe(200)
  expect(await statusOf('terrace.example.evil.example', '0.0.0.0', url)).not.toBe(200)
})
