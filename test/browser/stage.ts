// A real standalone that serves the page, and a browser that looks at it. Also for what is no test:
// the screenshots (scripts/screenshots.ts) and the benchmark (bench/page.ts).

import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { buildPage, pageFolder } from '../../orchestrator/page/page-build.ts'
import type { Lane } from '../support/lanes.ts'
import { type Installation, installation, type RoleUnderTest } from '../support/processes.ts'
import { temporaryFolder } from '../support/servers.ts'
import { until } from '../support/until.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const OWN_DAGS = join(import.meta.dirname, 'dags')
/** A browser must not wait for ever for what does not come; a busy machine is slow. */
const PATIENCE_MS = 30_000

export interface Stage {
  readonly place: Installation
  readonly standalone: RoleUnderTest
  /** For what a test writes. */
  readonly folder: string
  readonly url: string
  /** As the start printed them. */
  readonly loginLink: string
  readonly password: string
  /** A page of a browser that nobody has logged in with. */
  openPage(options?: BrowserContextOptions): Promise<Page>
  /** A page of the administrator. */
  openAsAdmin(options?: BrowserContextOptions): Promise<Page>
  /** `terrace dags trigger`, as soon as the DAG is known. */
  trigger(dagId: string, ...args: string[]): Promise<void>
  /** What browsers complained about since the last call: refused by the policy, thrown by the page. */
  complaints(): string[]
  close(): Promise<void>
}

export interface StageOptions {
  env?: Record<string, string>
}

export async function startStage(lane: Lane, { env }: StageOptions = {}): Promise<Stage> {
  const folder = temporaryFolder('browser')
  await buildAhead()
  const place = await installation({ ...env, TERRACE_DAGS_FOLDER: writeDags(folder) })
  const { address: executablePath } = await lane.start()
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  const close = async () => {
    await browser.close()
    await place.close()
    rmSync(folder, { recursive: true, force: true })
  }
  let standalone: RoleUnderTest
  try {
    standalone = await place.start('standalone')
  } catch (error) {
    await close()
    throw error
  }
  const url = `http://127.0.0.1:${place.env.TERRACE_WEB_PORT}`
  const { loginLink, password } = printedLogin(standalone.output())
  let complaints: string[] = []
  let admin: BrowserContextOptions['storageState']

  async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ baseURL: url, timezoneId: 'UTC', ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
    page.on('console', (message) => {
      // Answers such as 401 are no fault of the page; what the policy refuses is.
      const isAnswer = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isAnswer) complaints.push(message.text())
    })
    return page
  }

  return {
    place,
    standalone,
    folder,
    url,
    loginLink,
    password,
    openPage,
    async openAsAdmin(options) {
      if (admin) return openPage({ ...options, storageState: admin })
      const page = await openPage(options)
      const answer = await page.request.post('/ui/login', {
        data: { username: 'admin', password },
      })
      if (!answer.ok()) throw new Error(`The login was refused: ${await answer.text()}`)
      admin = await page.context().storageState()
      return page
    },
    async trigger(dagId, ...args) {
      await until(
        `a run of ${dagId} is started`,
        async () => (await place.run('dags', 'trigger', dagId, ...args)).code === 0,
        { withinMs: PATIENCE_MS },
      )
    },
    complaints() {
      const told = complaints
      complaints = []
      return told
    },
    close,
  }
}

/** The server would build it with low priority, which is late on a busy machine. */
async function buildAhead(): Promise<void> {
  const built = pageFolder(CHECKOUT)
  if (!existsSync(built)) await buildPage(CHECKOUT, built)
}

/** Copies of the DAGs of this repository and of these tests, beside links to what they import. */
function writeDags(folder: string): string {
  const path = join(folder, 'dags')
  cpSync(join(CHECKOUT, 'dags'), path, { recursive: true })
  for (const name of ['orchestrator', 'tasks', 'connections'])
    symlinkSync(join(CHECKOUT, name), join(folder, name))
  for (const name of readdirSync(OWN_DAGS)) {
    const text = readFileSync(join(OWN_DAGS, name), 'utf8')
    writeFileSync(join(path, name), text.replaceAll('../../../', '../'))
  }
  return path
}

function printedLogin(output: string): { loginLink: string; password: string } {
  const loginLink = /http:\S+\/login\/\S+/.exec(output)?.[0]
  const password = /password (\S+)/.exec(output)?.[1]
  if (loginLink && password) return { loginLink, password }
  throw new Error(`The start printed no login:\n${output}`)
}
