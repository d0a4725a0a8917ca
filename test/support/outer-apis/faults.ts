// What any outer API may do to its callers, whatever its own errors look like.

import type { Behaviour } from './stand-in.ts'

export const HTML = '<!doctype html><html><body>502 Bad Gateway \u202e\u0007</body></html>'

export const FAULTS: Record<string, Behaviour> = {
  'a 401 of its own': { status: 401, body: { oops: true } },
  'a 403 in HTML': { status: 403, headers: { 'content-type': 'text/html' }, body: HTML },
  'a 404 of a server that is not the API': { status: 404, body: HTML },
  'a 422 of its own': { status: 422, body: { detail: [] } },
  'a 429 without Retry-After': { status: 429, body: {} },
  'a 429 with Retry-After': { status: 429, headers: { 'retry-after': '34' }, body: {} },
  'a 500': { status: 500, body: 'oops' },
  'a 503 with HTML': { status: 503, headers: { 'content-type': 'text/html' }, body: HTML },
  'a redirect': { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' },
  silence: { does: 'hang' },
  'a slow drip': { does: 'drip' },
  'a lost connection': { does: 'reset' },
  'HTML with 200': { body: HTML },
  'cut JSON': { body: '{"data":[{"latitude":40.7,' },
  'a body that ends too soon': { does: 'cut', body: '{"data":[' },
  '10 MB': { does: 'flood', bytes: 10 * 1024 * 1024 },
  'a null': { body: 'null' },
  'an empty body': { body: '' },
  'bytes that are no UTF-8': { body: Buffer.from([0x7b, 0xff, 0xfe, 0x00]) },
  'a schema of another API': { body: { answer: 42 } },
}
