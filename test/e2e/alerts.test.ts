// Alerts of real roles: a DAG that fails and a file that does not load reach the chat, with the page's
// address; the token stands in no output.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, installation } from '../support/processes.ts'
import { type TelegramStandIn, TOKEN, telegramStandIn } from '../support/telegram-stand-in.ts'
import { until } from '../support/until.ts'

const LIMIT = 240_000
const SDK = fileURLToPath(new URL('../../orchestrator/sdk/index.ts', import.meta.url))

let folder: string
let standIn: TelegramStandIn
let place: Installation

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-test-alerts-'))
  writeFileSync(
    join(folder, 'shop.ts'),
    `import { defineDag } from ${JSON.stringify(SDK)}
export default defineDag({ id: 'shop', schedule: null }, (dag) => {
  dag.task('load', () => { throw new Error('no <b>entry</b> with ' + process.env.SHOP_API_KEY) })
})
`,
  )
  standIn = await telegramStandIn('42')
  place = await installation({
    TERRACE_DAGS_FOLDER: folder,
    TELEGRAM_BOT_TOKEN: TOKEN,
    TELEGRAM_CHAT_ID: '42',
    TELEGRAM_API_URL: standIn.url,
    SHOP_API_KEY: 'sesame-open-now',
  })
}, LIMIT)
afterAll(async () => {
  await place?.close()
  await standIn?.close()
  rmSync(folder, { recursive: true, force: true })
}, LIMIT)

test(
  'a failure reaches the chat through the roles, and so does the next one',
  async () => {
    const roles = []
    for (const role of ['engines', 'scheduler', 'worker', 'web'] as const)
      roles.push(await place.start(role))
    await until('the DAG is registered', async () => {
      return (await place.run('dags', 'details', 'shop')).code === 0
    })
    const triggered = await place.run('dags', 'trigger', 'shop', '--run-id', 'by_hand', '--wait')
    expect(triggered.code).toBe(1)
    expect(triggered.stderr).toMatch(/^shop\.load failed: .*\*\*\*/)
    expect(triggered.stderr).toContain('Its log: terrace tasks logs shop load by_hand')
    const first = await until('the chat has it', async () => standIn.messages[0])
    expect(first.text).toMatch(/^Task failed: shop\.load\n[\s\S]*\nno <b>entry<\/b> with \*\*\*\n/)
    expect(first.text).toContain(`
Run it again: npx terrace tasks clear shop --run-id by_hand -t '^load$' -d -y
http://127.0.0.1:${place.env.TERRACE_WEB_PORT}/dags/shop/runs/by_hand/tasks/load?try=1`)

    writeFileSync(join(folder, 'broken.ts'), 'export default 1 +\n')
    const second = await until('the window has passed', async () => standIn.messages[1], {
      withinMs: 60_000,
    })
    expect(second.text).toMatch(/^DAG file does not load: broken\.ts\n/)

    const { stdout } = await place.run('alerts', 'list', '-o', 'json')
    expect(JSON.parse(stdout)).toMatchObject([
      { kind: 'import_error', state: 'sent' },
      { kind: 'run_failed', state: 'sent' },
      { kind: 'task_failed', state: 'sent' },
    ])
    for (const role of roles) expect(role.output()).not.toContain(TOKEN)
    for (const role of roles.toReversed()) await role.stop()
  },
  LIMIT,
)
