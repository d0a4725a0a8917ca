// Entry of a runner thread or process. Plain JavaScript, because it is what makes TypeScript load in
// a checkout; the compiled package has no need of it before a DAG file in TypeScript is loaded.

import { existsSync } from 'node:fs'
import { register as registerCommonJs } from 'tsx/cjs/api'
import { register } from 'tsx/esm/api'

const source = new URL('./runner.ts', import.meta.url)
if (existsSync(source)) {
  // Both: a DAG file without a package.json that says `module` is CommonJS to Node.
  registerCommonJs()
  register()
  await import(source.href)
} else {
  await import(new URL('./runner.js', import.meta.url).href)
}
