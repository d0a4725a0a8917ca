// What holds for every view: somebody who does not see it can use it, in either theme; a telephone
// shows it without scrolling to the side; nothing of it breaks the policy of the server.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lane } from '../support/lanes.ts'
import { until } from '../support/until.ts'
import { type Stage, startStage } from './stage.ts'
import { openView, viewsOf } from './views.ts'

const LIMIT = 240_000
/** So tall that nothing waits to be scrolled to. */
const WHOLE = { width: 1280, height: 6_000 }
const TELEPHONE = { width: 390, height: 844 }
const VIEWS = viewsOf({ dagId: 'fails_once', runId: 'broken', taskId: 'work' })
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const chromium = lane('chromium')

/** What would keep people out, as `rule: places`. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

describe.skipIf(chromium.missing)('Every view', () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await startStage(chromium)
    writeFileSync(join(stage.folder, 'dags/broken.ts'), 'export default {')
    await stage.trigger('fails_once', '-r', 'broken')
    const page = await stage.openAsAdmin()
    await until(
      'the run has failed and the file is listed',
      async () => {
        const run = await page.request.get('/api/v2/dags/fails_once/dagRuns/broken')
        const errors = await page.request.get('/api/v2/importErrors')
        return (
          ((await run.json()) as { state: string }).state === 'failed' &&
          ((await errors.json()) as { total_entries: number }).total_entries > 0
        )
      },
      { withinMs: 60_000 },
    )
    await page.context().close()
  }, LIMIT)
  afterAll(() => stage?.close(), LIMIT)

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    let page: Page
    beforeAll(async () => {
      page = await stage.openAsAdmin({ colorScheme, viewport: WHOLE })
    })
    afterAll(() => page?.context().close())

    test.each(Object.entries(VIEWS))('can be used by everybody: %s', async (_, address) => {
      await openView(page, address)
      expect(await seriousFindings(page)).toEqual([])
    })

    test('can be used by everybody: login', async () => {
      const stranger = await stage.openPage({ colorScheme })
      for (const address of ['/login?problem=link_used', '/login/of-a-link']) {
        await openView(stranger, address)
        expect(await seriousFindings(stranger)).toEqual([])
      }
      await stranger.context().close()
    })
  })

  test('fits on a telephone', async () => {
    const page = await stage.openAsAdmin({ viewport: TELEPHONE })
    const tooWide: string[] = []
    for (const [name, address] of Object.entries(VIEWS)) {
      await openView(page, address)
      const width = await page.evaluate<number>('document.documentElement.scrollWidth')
      if (width > TELEPHONE.width) tooWide.push(`${name}: ${width}`)
    }
    await page.context().close()
    expect(tooWide).toEqual([])
  })

  test('is reached and left by keyboard', async () => {
    const page = await stage.openAsAdmin()
    await openView(page, '/')
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
      )
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Skip to content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true)

    const trigger = page.getByRole('button', { name: 'Trigger fails_once' })
    await trigger.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Trigger fails_once' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await focused()).toBe('Trigger fails_once')
    await page.context().close()
  })

  test('keeps to the policy of the server', () => {
    expect(stage.complaints()).toEqual([])
  })
})
