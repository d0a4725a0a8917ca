// docker-compose.yml as data: what tests of it need to know, checked while it is read.

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const condition = z.enum(['service_healthy', 'service_completed_successfully', 'service_started'])
const service = z.object({
  image: z.string().optional(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  user: z.string().optional(),
  container_name: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition })).default({}),
  healthcheck: z
    .object({
      test: z.array(z.string()).optional(),
      disable: z.boolean().optional(),
      start_period: z.string().optional(),
    })
    .optional(),
  restart: z.string().optional(),
  read_only: z.boolean().default(false),
  tmpfs: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  mem_limit: z.string().optional(),
})

export type Service = z.infer<typeof service>

const file = z.object({ services: z.record(z.string(), service) })

export function readServices(path: string): Record<string, Service> {
  return file.parse(parse(readFileSync(path, 'utf8'), { merge: true })).services
}

/** Names that the file takes from .env, with what stands behind the name in `${NAME:?…}`. */
export function interpolated(path: string): { name: string; rest: string }[] {
  const text = readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, '')
  return [...text.matchAll(/(?<!\$)\$\{([A-Z_]+)([^}]*)\}/g)].map(([, name, rest]) => ({
    name: name!,
    rest: rest!,
  }))
}
