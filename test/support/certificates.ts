// A private authority, and a certificate that it signed for `localhost` alone.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** In PEM. */
export interface Certificates {
  ca: string
  key: string
  certificate: string
}

export function makeCertificates(folder: string): Certificates {
  const days = ['-days', '2']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = ['-subj', '/CN=An authority', '-keyout', 'ca.key', '-out', 'ca.crt']
  openssl(folder, 'req', '-x509', ...key, ...days, ...authority)
  openssl(folder, 'req', ...key, '-subj', '/CN=localhost', '-keyout', 'own.key', '-out', 'own.csr')
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost')
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names']
  openssl(folder, 'x509', '-req', '-in', 'own.csr', ...signed, ...days, '-out', 'own.crt')
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { ca: read('ca.crt'), key: read('own.key'), certificate: read('own.crt') }
}

function openssl(folder: string, ...args: string[]): void {
  const run = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`openssl ${args[0]} failed: ${run.error ?? run.stderr}`)
}
