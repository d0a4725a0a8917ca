import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardRequests } from '../../orchestrator/api/guard.ts'
import type { PageState } from '../../orchestrator/page/page.ts'
import { pageRoutes, sendMissingView } from '../../orchestrator/page/page-routes.ts'
import { temporaryFolder } from '../support/servers.ts'

let folder: string
let state: PageState
const app = fastify()
guardRequests(app, '127.0.0.1')
pageRoutes(app, () => state)
app.setNotFoundHandler(
  (request, reply) => sendMissingView(request, reply, state) ?? reply.code(404).send('nothing'),
)

const get = (url: string) => app.inject({ url, headers: { host: '127.0.0.1' } })

beforeAll(() => {
  folder = temporaryFolder('page')
  const built = join(folder, 'built')
  mkdirSync(join(built, 'assets'), { recursive: true })
  writeFileSync(join(built, 'index.html'), '<!doctype html><div id="root"></div>')
  writeFileSync(join(built, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(built, 'assets/index-abc123.js'), 'export {}')
  writeFileSync(join(folder, 'secret'), 'secret')
  state = { kind: 'built', folder: built }
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The views as the page's own router names them. */
function routedPaths(): string[] {
  const router = readFileSync(new URL('../../web/src/router.tsx', import.meta.url), 'utf8')
  const paths = [...router.matchAll(/path: '(\/[^']*)'/g)].map(([, path]) => path!)
  // A child's path, such as /grid, stands below its parent's.
  const ofDag = ['/grid', '/graph', '/gantt', '/code', '/runs']
  return paths
    .map((path) => (ofDag.includes(path) ? `/dags/$dagId${path}` : path))
    .map((path) => path.replaceAll(/\$\w+/g, 'some_id'))
}

describe('A built page', () => {
  test('is the answer to the address of every view', async () => {
    const paths = routedPaths()
    expect(paths).toContain('/dags/some_id/runs/some_id/tasks/some_id')
    for (const path of paths) {
      const answer = await get(path)
      expect([path, answer.statusCode, answer.headers['content-type']]).toEqual([
        path,
        200,
        expect.stringMatching(/^text\/html/),
      ])
    }
  })

  test('has a document that is never kept, and files with a hash that are kept for ever', async () => {
    const document = await get('/')
    expect(document.headers['cache-control']).toBe('no-store')
    expect(document.headers['content-security-policy']).toContain("default-src 'none'")
    const script = await get('/assets/index-abc123.js')
    expect(script.statusCode).toBe(200)
    expect(script.headers['content-type']).toMatch(/^text\/javascript|^application\/javascript/)
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  })

  test('shows a person that there is nothing at an address, and tells a program so', async () => {
    const headers = { host: '127.0.0.1', accept: 'text/html,*/*' }
    const shown = await app.inject({ url: '/system', headers })
    expect([shown.statusCode, shown.body]).toEqual([404, expect.stringContaining('id="root"')])
    expect((await app.inject({ url: '/ui/system', headers })).body).toBe('nothing')
    expect((await get('/system')).body).toBe('nothing')
  })

  test.each([
    '/assets/..%2f..%2fsecret',
    '/assets/%2e%2e%2f%2e%2e%2fsecret',
    '/assets/../../secret',
    '/assets/missing.js',
    '/nothing',
  ])('has no answer but its own files: %s', async (url) => {
    const answer = await get(url)
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    expect(answer.body).not.toBe('secret')
  })
})

describe('Without a built page', () => {
  test('the answer says that it is being built and asks again', async () => {
    const built = state
    state = { kind: 'building' }
    const answer = await get('/dags/some_id/grid')
    expect(answer.statusCode).toBe(503)
    expect(answer.body).toContain('The page is being built')
    expect(answer.body).toContain('<meta http-equiv="refresh"')
    expect((await get('/assets/index-abc123.js')).statusCode).toBe(404)
    state = built
    expect((await get('/dags/some_id/grid')).statusCode).toBe(200)
  })

  test('the answer says what is in the way, as text, and does not ask again', async () => {
    const built = state
    state = { kind: 'missing', problem: 'Run `npm ci`. <script>alert(1)</script> & more' }
    const answer = await get('/')
    state = built
    expect(answer.statusCode).toBe(503)
    expect(answer.body).toContain('Run `npm ci`. &lt;script&gt;alert(1)&lt;/script&gt; &amp; more')
    expect(answer.body).not.toContain('http-equiv="refresh"')
  })
})

test('The sources of the page never make markup out of a text', () => {
  const web = fileURLToPath(new URL('../../web/src', import.meta.url))
  const sources = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  )
  expect(sources.length).toBeGreaterThan(10)
  const suspects = sources.filter((name) =>
    /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write/.test(
      readFileSync(join(web, name), 'utf8'),
    ),
  )
  expect(suspects).toEqual([])
})
