// `npm run build:page`: the page of this checkout, built ahead. For an image or a machine where packages
// for development are left out afterwards; elsewhere the first start does it.

import { existsSync } from 'node:fs'
import { buildPage, pageFolder, whyNotBuildable } from '../orchestrator/page/page-build.ts'

const checkout = process.cwd()
const folder = pageFolder(checkout)
const problem = existsSync(folder) ? null : whyNotBuildable(checkout)
if (problem === null) {
  if (!existsSync(folder)) await buildPage(checkout, folder)
  console.log(`The page is in ${folder}`)
} else {
  console.error(problem)
  process.exitCode = 1
}
