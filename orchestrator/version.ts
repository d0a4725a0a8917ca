// The version in package.json: above the sources in a checkout, above dist/ in the package.

import { readFileSync } from 'node:fs'

export function versionOfTerrace(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
      if (isTerrace(manifest)) return manifest.version
    } catch {
      // Not here: the other place is tried.
    }
  }
  return 'unknown'
}

function isTerrace(value: unknown): value is { name: string; version: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    value.name === 'terrace' &&
    'version' in value &&
    typeof value.version === 'string'
  )
}
