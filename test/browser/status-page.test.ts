// What people do on the page, in a browser and over a real standalone. The tests are steps of one
// story and follow one another.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lane } from '../support/lanes.ts'
import { until } from '../support/until.ts'
import { type Stage, startStage } from './stage.ts'

const LIMIT = 240_000
const ALERT = 'No account has this name and password.'

const chromium = lane('chromium')

describe.skipIf(chromium.missing)('The status page', () => {
  let stage: Stage
  let page: Page

  beforeAll(async () => {
    stage = await startStage(chromium)
    page = await stage.openPage()
  }, LIMIT)
  afterAll(() => stage?.close(), LIMIT)

  const heading = (name: string) => page.getByRole('heading', { level: 1, name })
  const button = (name: string | RegExp) => page.getByRole('button', { name })
  /** Of the run or the task that is shown. */
  const state = (name: string) => page.locator('.view-head .state-badge', { hasText: name }).first()

  async function logIn(password: string): Promise<void> {
    await page.getByLabel('Name').fill('admin')
    await page.getByLabel('Password').fill(password)
    await button('Log in').click()
  }

  test('asks for a login, refuses a wrong password, and leads on after the right one', async () => {
    await page.goto('/dags/slow_lines/grid')
    await logIn('wrong')
    await page.getByRole('alert').getByText(ALERT).waitFor()
    expect((await page.request.get('/api/v2/dags')).status()).toBe(401)
    await logIn(stage.password)
    await heading('slow_lines').waitFor()
    expect(new URL(page.url()).pathname).toBe('/dags/slow_lines/grid')
  })

  test('lets in by the printed link, once', async () => {
    const guest = await stage.openPage()
    const logInByLink = async (view: Page) => {
      await view.goto(stage.loginLink)
      await view.getByRole('button', { name: 'Log in' }).click()
    }
    await logInByLink(guest)
    await guest.getByRole('heading', { level: 1, name: 'DAGs' }).waitFor()
    const late = await stage.openPage()
    await logInByLink(late)
    await late.getByText('This link has been used').waitFor()
    expect(new URL(late.url()).pathname).toBe('/login')
    await guest.context().close()
    await late.context().close()
  })

  test('starts a run with a conf and shows the log of its task while it is written', async () => {
    const release = join(stage.folder, 'release')
    await page.goto('/')
    await button('Trigger slow_lines').click()
    await page.getByLabel('Conf').fill('{ "greeting": ')
    expect(await button('Start the run').isDisabled()).toBe(true)
    await page.getByLabel('Conf').fill(JSON.stringify({ greeting: 'good day', until: release }))
    await page.getByLabel('Run id').fill('watched')
    await button('Start the run').click()
    await heading('watched').waitFor()
    await page.getByText('good day').first().waitFor()

    await page.getByRole('link', { name: 'write_lines' }).click()
    const log = page.getByRole('region', { name: 'Log', exact: true })
    await log.getByText('good day').waitFor()
    await log.getByText('line 5', { exact: true }).waitFor()
    expect(await page.getByText('and it goes on').count()).toBe(1)

    writeFileSync(release, '')
    await state('success').waitFor()
    await page.getByText('complete.').waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download' }).click()
    expect((await download).suggestedFilename()).toMatch(/\.(log|txt)$/)
  })

  test('finds a word in a log', async () => {
    await page.getByRole('searchbox', { name: /Search the log/ }).fill('good')
    await page.getByText('1 of 1').waitFor()
    expect(await page.locator('mark').textContent()).toBe('good')
  })

  test('pauses a DAG and resumes it', async () => {
    const isPaused = async () => {
      const answer = await page.request.get('/api/v2/dags/slow_lines')
      return ((await answer.json()) as { is_paused: boolean }).is_paused
    }
    await page.goto('/')
    const toggle = page.getByRole('switch', { name: 'slow_lines is active' })
    await toggle.click()
    await until('it is paused', isPaused)
    await page.reload()
    await toggle.waitFor()
    expect(await toggle.getAttribute('aria-checked')).toBe('false')
    await toggle.click()
    await until('it is active', async () => !(await isPaused()))
  })

  test('shows a failure as it happens, and markup in its error as text', async () => {
    await page.goto('/dags/fails_once/runs')
    const mended = join(stage.folder, 'mended')
    const conf = JSON.stringify({ mended })
    await stage.trigger('fails_once', '-r', 'broken', '--conf', conf)
    await page.getByRole('link', { name: 'broken' }).click()
    await state('failed').waitFor()
    await page.getByRole('link', { name: 'work', exact: true }).click()
    await page.getByText('The file is missing <img src="x"').first().waitFor()
    expect(await page.locator('img[src="x"]').count()).toBe(0)

    const alerts = await page.context().newPage()
    await alerts.goto('/alerts')
    await alerts.getByText('The file is missing <img src="x"').first().waitFor()
    expect(await alerts.locator('img[src="x"]').count()).toBe(0)
    expect(await alerts.title()).not.toBe('owned')
    await alerts.close()
  })

  test('says what clearing would change before it does, and the run is green afterwards', async () => {
    writeFileSync(join(stage.folder, 'mended'), '')
    await button('Clear and run again…').click()
    const preview = page.getByRole('region', { name: 'What will run again' })
    await preview.waitFor()
    const named = await preview.textContent()
    expect(named).toContain('work')
    expect(named).toContain('publish')
    expect(named).not.toContain('prepare')
    await button('Clear 2 tasks').click()
    await state('success').waitFor()
    await page.getByRole('link', { name: /Attempt 1/ }).waitFor()
    await page.getByRole('link', { name: /Attempt 2/ }).waitFor()
    await page.getByRole('link', { name: 'broken' }).click()
    await state('success').waitFor()
  })

  test('stops a task that runs, after a question, and gives it another state then', async () => {
    await page.goto('/dags/slow_lines/runs')
    const conf = JSON.stringify({ until: join(stage.folder, 'never') })
    await stage.trigger('slow_lines', '-r', 'endless', '--conf', conf)
    await page.getByRole('link', { name: 'endless' }).click()
    await page.getByRole('link', { name: 'write_lines', exact: true }).click()
    await state('running').waitFor()
    await button('Stop…').click()
    await button('Stop as failed').click()
    await state('failed').waitFor()
    await button('Mark as…').click()
    await page.getByRole('radio', { name: /^Skipped/ }).check()
    await button('Mark as skipped').click()
    await state('skipped').waitFor()
    await page.getByRole('link', { name: 'endless' }).click()
    await state('success').waitFor()
  })

  test('says that the server is away, and goes on when it is back', async () => {
    await page.goto('/dags/fails_once/runs')
    await page.getByRole('link', { name: 'broken' }).waitFor()
    await page.getByText('live', { exact: true }).waitFor()
    const web = stage.place.alive().find((line) => / web$/.test(line))
    expect(web).toBeDefined()
    process.kill(Number.parseInt(web!, 10), 'SIGKILL')
    await page.getByText('Connection lost').waitFor()
    await page.getByText('Connection lost').waitFor({ state: 'detached' })
    await page.getByText('live', { exact: true }).waitFor()
    await stage.trigger('fails_once', '-r', 'after_the_fall')
    await page.getByRole('link', { name: 'after_the_fall' }).waitFor()
  })

  test('logs out, and what was open is closed', async () => {
    await page.getByText('admin', { exact: true }).click()
    await button('Log out').click()
    await button('Log in').waitFor()
    expect((await page.request.get('/api/v2/dags')).status()).toBe(401)
  })

  test('has broken no rule of its own policy and thrown nothing', () => {
    expect(stage.complaints()).toEqual([])
  })
})
