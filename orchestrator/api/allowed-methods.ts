// Which methods a path has, for the answer to one that it has not.

import type { FastifyInstance } from 'fastify'

/** Call it before the routes are registered. */
export function rememberMethods(app: FastifyInstance): (path: string) => string[] {
  const routes: { method: string; pattern: RegExp }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+').replace('*', '.*')}$`)
    for (const one of [method].flat()) routes.push({ method: one, pattern })
  })
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
  ]
}
