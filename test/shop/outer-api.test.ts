import { type AddressInfo, createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  callOuterApi,
  MAX_BODY_BYTES,
  type OuterApi,
  parseJson,
} from '../../connections/outer-api/outer-api.ts'
import { bytesWithoutKey, firstBytes } from '../../connections/outer-api/problems.ts'
import { isPrivate } from '../../connections/outer-api/public-address.ts'
import { retryAfterSeconds } from '../../connections/outer-api/retry-after.ts'
import { FAULTS, HTML } from '../support/outer-apis/faults.ts'
import { type Behaviour, type StandIn, startStandIn } from '../support/outer-apis/stand-in.ts'

const KEY = 'secret key/0123+456'
const TIMEOUT_MS = 400

let server: StandIn
let api: OuterApi

beforeAll(async () => {
  server = await startStandIn(() => ({ body: {} }))
  api = {
    name: 'testapi',
    url: server.url,
    key: { parameter: 'key', value: KEY },
    timeoutMs: TIMEOUT_MS,
    isPublic: false,
  }
})
afterAll(() => server.close())

function call(behaviour: Behaviour, signal = new AbortController().signal) {
  server.behave(() => behaviour)
  return callOuterApi(api, { path: '/v1/ask', parameters: { q: '1.5,-2' } }, signal)
}

async function failure(behaviour: Behaviour): Promise<Error> {
  const error = await call(behaviour)
    .then((reply) => parseJson('testapi', reply))
    .catch((thrown: Error) => thrown)
  expect(error).toBeInstanceOf(Error)
  return error as Error
}

async function withProxies(url: string, work: () => Promise<void>): Promise<void> {
  const before = { ...process.env }
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
    process.env[name] = url
  }
  delete process.env.NO_PROXY
  delete process.env.no_proxy
  await work().finally(() => {
    process.env = before
  })
}

describe('A call to an outer API', () => {
  it('sends its key and its question, and gives back what came', async () => {
    const reply = await call({ status: 201, headers: { etag: '"1"' }, body: { fine: true } })
    expect(reply).toMatchObject({ status: 201, etag: '"1"', retryAfterSeconds: null })
    expect(JSON.parse(reply.body.toString())).toEqual({ fine: true })
    const { path, query, headers } = server.asked.at(-1)!
    expect([path, query.get('q'), query.get('key')]).toEqual(['/v1/ask', '1.5,-2', KEY])
    expect(headers.accept).toBe('application/json')
  })

  it('ends at its time limit when nothing comes, and when a byte comes now and then', async () => {
    for (const behaviour of [FAULTS.silence!, FAULTS['a slow drip']!]) {
      const began = performance.now()
      const { message } = await failure(behaviour)
      expect(message).toBe('testapi gave no whole answer within 0.4 s')
      expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 5)
    }
  })

  it('refuses 10 MB after the first of them', async () => {
    const { message } = await failure(FAULTS['10 MB']!)
    expect(message).toContain('more than 256 KB')
    expect(server.bytesSent()).toBeLessThan(8 * 1024 * 1024)
  })

  it('refuses 10 MB that were packed into ten kilobytes', async () => {
    const packed = gzipSync(Buffer.alloc(10 * 1024 * 1024, ' '))
    expect(packed.length).toBeLessThan(MAX_BODY_BYTES)
    const { message } = await failure({ headers: { 'content-encoding': 'gzip' }, body: packed })
    expect(message).toContain('more than 256 KB')
  })

  it('follows no redirect, which would take the key elsewhere', async () => {
    const asked = server.asked.length
    const { message } = await failure({
      status: 302,
      headers: { location: `${server.url}/elsewhere` },
      body: '',
    })
    expect(message).toContain('answered 302 and sends us elsewhere')
    expect(server.asked.length).toBe(asked + 1)
  })

  it('shows the beginning of what is no JSON, and nothing that moves a cursor', async () => {
    for (const body of [HTML, '{"data":[{"lati', '', Buffer.from([0xff, 0x1b, 0x00])]) {
      const { message } = await failure({ body })
      expect(message).toMatch(/^testapi answered 200 with no JSON: "/)
      expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(message.length).toBeLessThan(200)
    }
  })

  it('says what is wrong with a connection', async () => {
    expect((await failure(FAULTS['a lost connection']!)).message).toBe(
      'testapi could not be asked: ECONNRESET',
    )
    const nobody = { ...api, url: 'http://127.0.0.1:1' }
    await expect(callOuterApi(nobody, { path: '/' }, new AbortController().signal)).rejects.toThrow(
      'testapi could not be asked: ECONNREFUSED',
    )
    expect((await failure(FAULTS['a body that ends too soon']!)).message).toContain(
      'could not be asked',
    )
  })

  it('ends at once when its task is ended, with the reason of the task', async () => {
    const task = new AbortController()
    const ending = call({ does: 'hang' }, task.signal)
    task.abort(new Error('The attempt lost its lease'))
    await expect(ending).rejects.toThrow('The attempt lost its lease')
  })

  it('goes straight to a server of plain HTTP, whatever proxies the environment names', async () => {
    await withProxies('http://127.0.0.1:1', async () => {
      expect(await call({ body: {} })).toMatchObject({ status: 200 })
    })
  })

  it('tells a proxy for HTTPS no more than the host', async () => {
    const lines: string[] = []
    const proxy = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (bytes) => {
        lines.push(bytes.toString())
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      })
    })
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
    const { port } = proxy.address() as AddressInfo
    await withProxies(`http://127.0.0.1:${port}`, async () => {
      const sealed = { ...api, url: 'https://api.example.test' }
      const calling = callOuterApi(sealed, { path: '/' }, new AbortController().signal)
      await calling.catch((error: Error) => expect(error.message).not.toContain('0123'))
    })
    proxy.close()
    expect(lines[0]).toMatch(/^CONNECT api\.example\.test:443 /)
    expect(lines.join('')).not.toContain('0123')
  })

  it('refuses a public name that leads into a private network', async () => {
    const asked = server.asked.length
    const url = server.url.replace('127.0.0.1', 'localhost')
    const calling = (isPublic: boolean) =>
      callOuterApi({ ...api, url, isPublic }, { path: '/' }, new AbortController().signal)
    await expect(calling(true)).rejects.toThrow(
      'testapi was not asked: its name leads to a private',
    )
    expect(server.asked.length).toBe(asked)
    expect(await calling(false)).toMatchObject({ status: 200 })
  })

  it('shows its key in no error, and keeps it in no body that repeats it', async () => {
    const repeating = { error: `no such key: ${KEY} or ${encodeURIComponent(KEY)}` }
    const reply = await call({ status: 401, body: repeating })
    expect(reply.body.toString()).toBe('{"error":"no such key: *** or ***"}')
    for (const [, behaviour] of Object.entries(FAULTS)) {
      const thrown = await call(behaviour).catch((error: Error) => error)
      const told =
        thrown instanceof Error ? JSON.stringify([thrown.stack, thrown, thrown.cause]) : ''
      expect(told).not.toContain('0123')
    }
  })
})

describe('A body with a key in it', () => {
  it('keeps its other bytes as they are, UTF-8 or not', () => {
    const body = Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from('kéy'), Buffer.from('ü')])
    const masked = Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from('***ü')])
    expect(bytesWithoutKey(body, 'kéy')).toEqual(masked)
    expect(bytesWithoutKey(body, 'none')).toBe(body)
  })

  it('is shown up to eighty bytes', () => {
    expect(firstBytes(Buffer.from('a'.repeat(81)))).toBe(`"${'a'.repeat(80)}"… (81 bytes)`)
    expect(firstBytes(Buffer.from('\u202e\u001b['))).toBe('"\\u{202e}\\u001b["')
  })
})

describe('An address', () => {
  it.each([
    '10.1.2.3',
    '127.0.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.0.1',
    '0.0.0.0',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    'fd00::1',
    'fe80::1',
  ])('%s is private', (address) => {
    expect(isPrivate(address)).toBe(true)
  })

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is not',
    (address) => {
      expect(isPrivate(address)).toBe(false)
    },
  )
})

describe('Retry-After', () => {
  const now = new Date('2026-03-01T12:00:00Z')

  it.each([
    ['34', 34],
    [' 5 ', 5],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90],
    ['99999999999', 86_400],
    ['Fri, 31 Dec 2099 23:59:59 GMT', 86_400],
  ])('%s is a wait', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds)
  })

  it.each(['0', '-5', 'soon', 'soon 1', '1.5', '', 'Sun, 01 Mar 2026 11:00:00 GMT', undefined])(
    '%s is none',
    (header) => {
      expect(retryAfterSeconds(header, now)).toBeNull()
    },
  )
})
