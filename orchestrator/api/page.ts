// The page's files, read once. They are served from memory: no path of a request touches the disk.

import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

const FILES = [
  { route: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { route: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { route: '/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
  { route: '/favicon.svg', file: 'favicon.svg', type: 'image/svg+xml' },
]

export function pageRoutes(app: FastifyInstance): void {
  for (const { route, file, type } of FILES) {
    const content = readFileSync(new URL(`./page/${file}`, import.meta.url))
    app.get(route, async (_request, reply) => reply.type(type).send(content))
  }
}
