// Makes this process (or thread) load the user's TypeScript, through tsx. In a checkout, where DAG files
// import the sources of Terrace, they get the build of them instead (compiled-imports.ts).

import module from 'node:module'
import { pathToFileURL } from 'node:url'
import { checkoutFolder, compiledCheckout } from './compiled-checkout.mjs'
import * as compiledImports from './compiled-imports.ts'

/** @param path of the user's file that is loaded first, or of the folder */
export async function registerTypeScript(path: string): Promise<void> {
  const checkout = checkoutFolder()
  const build = checkout && compiledCheckout()
  // The shop's tasks need it, with its packages, and behind tsx' loader it would take twice as long.
  if (build && path.startsWith(checkout)) await import(new URL('connections/index.js', build).href)
  const [commonJs, esm] = await Promise.all([import('tsx/cjs/api'), import('tsx/esm/api')])
  // Both: a DAG file without a package.json that says `module` is CommonJS to Node.
  commonJs.register()
  esm.register()
  if (build) redirect({ checkout: pathToFileURL(checkout).href, build })
}

/** In this thread where Node can (22.15 and later), which is also what tsx does then. */
function redirect(compiled: compiledImports.CompiledCheckout): void {
  if ('registerHooks' in module && typeof module.registerHooks === 'function') {
    compiledImports.initialize(compiled)
    module.registerHooks({ resolve: compiledImports.resolve })
  } else {
    module.register('./compiled-imports.js', import.meta.url, { data: compiled })
  }
}
