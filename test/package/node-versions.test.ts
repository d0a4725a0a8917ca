// The Node that package.json claims is one that every locked package takes: `npm ci --engine-strict` passes.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import semver from 'semver'
import { expect, test } from 'vitest'
import { z } from 'zod'

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      engines: z.looseObject({ node: z.string() }).partial().optional(),
    }),
  ),
})

test('every package of the lock file takes all the Nodes that we claim', () => {
  const path = resolve(import.meta.dirname, '../../package-lock.json')
  const { packages } = lockFile.parse(JSON.parse(readFileSync(path, 'utf8')))
  const claim = packages['']?.engines?.node ?? ''
  expect(semver.satisfies('20.19.0', claim)).toBe(true)
  expect(semver.satisfies(process.versions.node, claim)).toBe(true)
  const narrower = Object.entries(packages).flatMap(([name, { version, engines }]) =>
    engines?.node && !semver.subset(claim, engines.node)
      ? [`${name} ${version} wants Node ${engines.node}`]
      : [],
  )
  expect(narrower).toEqual([])
})
