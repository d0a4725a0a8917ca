import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const cases = join(root, 'test/sdk/types.test-d.ts')

test('the compiler accepts and refuses what types.test-d.ts says', async () => {
  // A refusal that is missing is an error too: the compiler reports an unused @ts-expect-error.
  const refused = (await readFile(cases, 'utf8')).match(/@ts-expect-error/g)
  expect(refused?.length).toBeGreaterThan(25)

  const folder = await mkdtemp(join(tmpdir(), 'terrace-types-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const config = { extends: join(root, 'tsconfig.json'), include: [], files: [cases] }
  const types = { typeRoots: [join(root, 'node_modules/@types')] }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ ...config, compilerOptions: types }),
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', folder], {
    cwd: root,
  }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout ?? String(error),
  )
  expect(output).toBe('')
})
