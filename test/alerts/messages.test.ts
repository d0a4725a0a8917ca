// What a message says and when it goes out: pure.

import { describe, expect, test } from 'vitest'
import { alertTitle } from '../../orchestrator/alerts/alert-title.ts'
import {
  backoffMs,
  nextMessage,
  SENDING_LIMITS,
  waitBeforeMessage,
} from '../../orchestrator/alerts/message-plan.ts'
import { cutAtCharacter } from '../../orchestrator/alerts/message-text.ts'
import { alertLine, renderAlert } from '../../orchestrator/alerts/render-alert.ts'
import { renderSummary } from '../../orchestrator/alerts/render-summary.ts'
import type { Alert, Chat } from '../../orchestrator/store/alerts.ts'
import { maskSecrets } from '../../orchestrator/worker/secrets.ts'

const AT = new Date('2026-03-01T06:30:00Z')
const later = (ms: number) => new Date(AT.getTime() + ms)
const plainly = { mask: (text: string) => text, pageUrl: 'http://terrace.test' }
const alone = { runFailed: false }

function alertOf(changes: Partial<Alert> = {}): Alert {
  return {
    id: '00000000-0000-7000-8000-000000000001',
    at: AT,
    kind: 'task_failed',
    code: 'error',
    dagId: 'shop_load',
    runId: 'manual__2026-03-01T06:00:00.000Z',
    taskId: 'consume',
    mapIndex: -1,
    tryNumber: 3,
    filePath: null,
    error: 'broker is gone\n    at consume (tasks/consume.ts:7)',
    ...changes,
  }
}

const runFailed = alertOf({
  kind: 'run_failed',
  code: null,
  taskId: null,
  mapIndex: null,
  tryNumber: null,
  error: 'Failed: consume.',
})
const importError = alertOf({
  kind: 'import_error',
  code: null,
  dagId: null,
  runId: null,
  taskId: null,
  mapIndex: null,
  tryNumber: null,
  filePath: 'shop/load.ts',
  error: 'Syntax error',
})

function chatOf(changes: Partial<Chat> = {}): Chat {
  return { chatId: '42', notBefore: null, messagedAt: null, problems: 0, now: AT, ...changes }
}

describe('a message of one failure', () => {
  test('has the DAG, run, task, attempt, error, the line that runs it again and the link', () => {
    expect(renderAlert(alertOf(), alone, plainly).plain).toBe(`Task failed: shop_load.consume
DAG: shop_load
Run: manual__2026-03-01T06:00:00.000Z
Task: consume
Attempt: 3
At: 2026-03-01 06:30:00 UTC
broker is gone
    at consume (tasks/consume.ts:7)
Run it again: npx terrace tasks clear shop_load --run-id manual__2026-03-01T06:00:00.000Z -t '^consume$' -d -y
http://terrace.test/dags/shop_load/runs/manual__2026-03-01T06%3A00%3A00.000Z/tasks/consume?try=3`)
  })

  test('says that the run failed with it, and why when it was no plain error', () => {
    const { plain } = renderAlert(alertOf({ code: 'bad_output' }), { runFailed: true }, plainly)
    expect(plain).toContain('Reason: bad output\n')
    expect(plain).toContain('\nThe run failed with it.\n')
  })

  test.each([
    [
      runFailed,
      'Run failed: shop_load',
      'tasks clear shop_load --run-id manual__2026-03-01T06:00:00.000Z -f -y',
    ],
    [importError, 'DAG file does not load: shop/load.ts', 'dags list-import-errors'],
    [
      alertOf({ kind: 'worker_lost', mapIndex: 2 }),
      'Worker lost: shop_load.consume[2]',
      'tasks logs shop_load consume manual__2026-03-01T06:00:00.000Z --try 3 --map-index 2',
    ],
    [
      alertOf({ kind: 'worker_lost', dagId: null, runId: null, taskId: null, mapIndex: null }),
      'Worker lost',
      'terrace doctor',
    ],
    [
      alertOf({ kind: 'data_check_failed', taskId: 'a.b' }),
      'Data check failed: shop_load.a.b',
      "-t '^a\\.b$' -d -y",
    ],
  ])('of each kind has its own title and line: %#', (alert, title, line) => {
    const { plain } = renderAlert(alert, alone, plainly)
    expect(plain.split('\n')[0]).toBe(title)
    expect(alertTitle(alert)).toBe(title)
    expect(plain).toContain(line)
  })

  test('quotes a run id that a shell would read otherwise', () => {
    const { plain } = renderAlert(alertOf({ runId: `it's $(here)` }), alone, plainly)
    expect(plain).toContain(`--run-id 'it'\\''s $(here)'`)
    expect(plain).toContain("/runs/it's%20%24(here)/")
  })

  test('escapes the three characters that are markup, and no other', () => {
    const error = `<b>bold</b> & "quoted" <script>alert('x')</script> &lt;`
    const { html, plain } = renderAlert(alertOf({ error }), alone, plainly)
    expect(html).toContain(
      `<pre>&lt;b&gt;bold&lt;/b&gt; &amp; "quoted" &lt;script&gt;alert('x')&lt;/script&gt; &amp;lt;</pre>`,
    )
    expect(plain).toContain(error)
  })

  test('masks before it cuts, so that no part of a secret is left at the end', () => {
    const mask = maskSecrets({ SHOP_API_KEY: 'sesame-open-now' })
    const error = `${'x'.repeat(20_000)} and ${'a sesame-open-now '.repeat(500)}`
    for (let shift = 0; shift < 40; shift += 1) {
      const text = error.slice(20_000 - 3_600 + shift)
      expect(renderAlert(alertOf({ error: text }), alone, { ...plainly, mask }).plain).not.toMatch(
        /sesa/,
      )
    }
  })

  test('is never too long, nor cut through an emoji, and keeps what comes after the error', () => {
    for (const error of ['😀'.repeat(5_000), `x${'😀'.repeat(5_000)}`, '&'.repeat(9_000)]) {
      const { plain } = renderAlert(alertOf({ error }), alone, plainly)
      expect(plain.length).toBeLessThanOrEqual(4_096)
      expect(plain.length).toBeGreaterThan(4_090)
      expect(plain.isWellFormed()).toBe(true)
      expect(plain).toMatch(/…\nRun it again: .*\nhttp:.*$/)
    }
  })

  test('has room for an error beside names as long as they may be', () => {
    const long = alertOf({
      dagId: 'd'.repeat(200),
      runId: '世'.repeat(250),
      taskId: 't'.repeat(200),
      error: 'e'.repeat(9_000),
    })
    const { plain } = renderAlert(long, { runFailed: true }, plainly)
    expect(plain.length).toBe(4_096)
    expect(plain).toContain('e'.repeat(1_000))
    expect(plain.endsWith(`http://terrace.test/dags/${'d'.repeat(200)}`)).toBe(true)
  })

  test('is well formed when the error is not, and says so when there is none', () => {
    expect(renderAlert(alertOf({ error: 'half \ud83d' }), alone, plainly).html).toContain(
      'half \ufffd',
    )
    expect(renderAlert(alertOf({ error: ' ' }), alone, plainly).html).toContain('<pre>No message.')
  })

  test('stands on one line in the log', () => {
    expect(alertLine(alertOf(), (text) => text)).toBe(
      `Alert: Task failed: shop_load.consume in run manual__2026-03-01T06:00:00.000Z (try 3): broker is gone · npx terrace tasks clear shop_load --run-id manual__2026-03-01T06:00:00.000Z -t '^consume$' -d -y`,
    )
  })
})

test('a text is cut between characters', () => {
  expect(cutAtCharacter('ab😀cd', 6)).toBe('ab😀cd')
  expect(cutAtCharacter('ab😀cd', 5)).toBe('ab😀…')
  expect(cutAtCharacter('ab😀cd', 4)).toBe('ab…')
  expect(cutAtCharacter('ab', 0)).toBe('…')
})

describe('a summary', () => {
  const counted = (plain: string) =>
    [...plain.matchAll(/: (\d+) × |and (\d+) more of/g)].reduce(
      (sum, match) => sum + Number(match[1] ?? match[2]),
      0,
    )

  test('counts a run that no task of the message explains', () => {
    const late: Alert = { ...runFailed, code: 'timeout', error: 'The run passed its time limit.' }
    const another = { ...runFailed, runId: 'another' }
    const { plain } = renderSummary([alertOf(), runFailed, late, another], plainly)
    expect(plain).toMatch(/^3 failures, /)
    expect(plain).toContain('shop_load: 2 × run failed in 2 runs\nThe run passed its time limit.')
  })

  test('counts by task, the most frequent first, with a line for each DAG', () => {
    const alerts = [
      alertOf({ taskId: 'rare', at: AT }),
      ...Array.from({ length: 48 }, (_, n) => alertOf({ runId: `run_${n}` })),
      { ...runFailed, at: later(4_000) },
    ]
    expect(
      renderSummary(alerts, plainly).plain,
    ).toBe(`49 failures, 2026-03-01 06:30:00 UTC to 2026-03-01 06:30:04 UTC

1. shop_load.consume: 48 × task failed in 48 runs
broker is gone

2. shop_load.rare: 1 × task failed
broker is gone

Run again:
npx terrace dags list-runs shop_load --state failed

All: http://terrace.test/alerts`)
  })

  test('clears few runs by their names', () => {
    const alerts = [alertOf({ runId: 'a b' }), alertOf({ runId: 'c' })]
    expect(renderSummary(alerts, plainly).plain).toContain(
      `npx terrace tasks clear shop_load --run-id 'a b' c -f -y`,
    )
  })

  test('accounts for every failure when not all tasks fit', () => {
    const alerts = Array.from({ length: 500 }, (_, n) =>
      alertOf({
        dagId: `dag_${n % 250}_${'x'.repeat(n % 190)}`,
        error: `${'😀<&>'.repeat(n)} reason`,
      }),
    )
    const { plain, html } = renderSummary(alerts, { ...plainly, pageUrl: null })
    expect(plain.length).toBeLessThanOrEqual(4_096)
    expect(plain).toMatch(/and \d+ more of other tasks/)
    expect(counted(plain)).toBe(500)
    expect(html.isWellFormed()).toBe(true)
    expect(plain.endsWith('All: npx terrace alerts list')).toBe(true)
  })

  test('masks what it shows', () => {
    const mask = maskSecrets({ SHOP_API_KEY: 'sesame-open-now' })
    const alerts = [alertOf({ error: 'no entry with sesame-open-now' }), alertOf()]
    expect(renderSummary(alerts, { ...plainly, mask }).plain).not.toContain('sesame')
  })
})

describe('the next message', () => {
  const { windowMs } = SENDING_LIMITS
  const quiet = chatOf({ messagedAt: later(-2 * windowMs) })
  const other = alertOf({ taskId: 'other' })

  test('is the first failure in full after a quiet time, whatever comes with it', () => {
    expect(nextMessage([alertOf(), other], quiet, SENDING_LIMITS)).toEqual({
      kind: 'alert',
      alert: alertOf(),
      run: null,
    })
    expect(nextMessage([alertOf(), other], chatOf(), SENDING_LIMITS).kind).toBe('alert')
  })

  test('takes the end of the run along, and not of another run', () => {
    const another = { ...runFailed, runId: 'another' }
    expect(nextMessage([alertOf(), another, runFailed], quiet, SENDING_LIMITS)).toMatchObject({
      run: runFailed,
    })
  })

  test('tells of a run past its time limit by itself, because a task does not explain it', () => {
    const late: Alert = { ...runFailed, code: 'timeout' }
    expect(nextMessage([alertOf(), late], quiet, SENDING_LIMITS)).toMatchObject({ run: null })
  })

  test('sums up what was gathered since the last one', () => {
    const busy = chatOf({ messagedAt: later(-1_000), now: later(windowMs) })
    expect(nextMessage([alertOf(), other], busy, SENDING_LIMITS)).toEqual({
      kind: 'summary',
      alerts: [alertOf(), other],
    })
    expect(nextMessage([alertOf(), runFailed], busy, SENDING_LIMITS).kind).toBe('alert')
  })

  test('waits for the window, the gap of the kind of chat and what the API asked for', () => {
    const limits = { ...SENDING_LIMITS, windowMs: 0 }
    const just = { messagedAt: AT }
    expect(waitBeforeMessage(chatOf(), SENDING_LIMITS)).toBe(0)
    expect(waitBeforeMessage(chatOf(just), SENDING_LIMITS)).toBe(windowMs)
    expect(waitBeforeMessage(chatOf(just), limits)).toBe(1_000)
    expect(waitBeforeMessage(chatOf({ ...just, chatId: '-100' }), limits)).toBe(3_000)
    expect(waitBeforeMessage(chatOf({ ...just, notBefore: later(34_000) }), limits)).toBe(34_000)
    expect(waitBeforeMessage(chatOf({ ...just, now: later(9_000) }), limits)).toBe(0)
  })

  test('is tried again after twice as long each time, up to a minute', () => {
    const waits = [0, 1, 2, 5, 6, 50].map((n) => backoffMs(n, SENDING_LIMITS, () => 1))
    expect(waits).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000])
    expect(backoffMs(0, SENDING_LIMITS, () => 0)).toBe(500)
  })
})
