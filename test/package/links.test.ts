// What `npm pack` ships, as a reader of the package meets it: every relative link of a shipped text leads
// to something that is shipped too, and to a heading that exists.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

async function shippedFiles(): Promise<string[]> {
  const list = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout } = await promisify(execFile)('npm', list, { cwd: ROOT, maxBuffer: 2 ** 26 })
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  return files.map(({ path }) => path)
}

test('the texts in the package link to what it ships', async () => {
  const shipped = new Set(await shippedFiles())
  const texts = [...shipped].filter((path) => path.endsWith('.md'))
  expect(texts).toContain('README.md')
  const isThere = (path: string) =>
    shipped.has(path) || [...shipped].some((file) => file.startsWith(`${path.replace(/\/$/, '')}/`))
  const dead = texts.flatMap((text) =>
    linksOf(text)
      .filter(({ target, anchor }) => !isThere(target) || !hasHeading(target, anchor))
      .map(({ link }) => `${text}: ${link}`),
  )
  expect(dead).toEqual([])
})

interface Link {
  link: string
  target: string
  anchor: string | undefined
}

function linksOf(text: string): Link[] {
  const written = readFileSync(join(ROOT, text), 'utf8')
  const links = [
    ...written.matchAll(/\]\(([^)\s]+)\)/g),
    ...written.matchAll(/(?:src|srcset|href)="([^"\s]+)"/g),
  ].map((match) => match[1]!)
  return links
    .filter((link) => !/^(https?|mailto):/.test(link))
    .map((link) => {
      const [path, anchor] = link.split('#', 2)
      return { link, target: path === '' ? text : normalize(join(dirname(text), path!)), anchor }
    })
}

function hasHeading(target: string, anchor: string | undefined): boolean {
  if (anchor === undefined) return true
  const headings = readFileSync(join(ROOT, target), 'utf8').matchAll(/^#{1,6} (.+)$/gm)
  return [...headings].some(([, heading]) => slug(heading!) === anchor)
}

/** As GitHub and npm make it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}
