// Entry of a runner thread or process. Plain JavaScript, because it is what makes TypeScript load where
// the sources run uncompiled; a build has no need of it before a DAG file in TypeScript is loaded.

import { existsSync } from 'node:fs'

const source = new URL('./runner.ts', import.meta.url)
if (existsSync(source)) {
  const [commonJs, esm] = await Promise.all([import('tsx/cjs/api'), import('tsx/esm/api')])
  // Both: a DAG file without a package.json that says `module` is CommonJS to Node.
  commonJs.register()
  esm.register()
  await import(source.href)
} else {
  await import(new URL('./runner.js', import.meta.url).href)
}
