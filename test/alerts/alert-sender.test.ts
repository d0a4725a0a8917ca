// Failures of real runs and the sender beside a real scheduler, against a stand-in of the Bot API: who
// is told what, how often, and that nothing is lost and nobody waits.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type AlertSender,
  type AlertSenderOptions,
  startAlertSender,
} from '../../orchestrator/alerts/alert-sender.ts'
import { openTelegram } from '../../orchestrator/alerts/telegram.ts'
import { migrateQueue, openTaskQueue } from '../../orchestrator/queue/index.ts'
import { startScheduler } from '../../orchestrator/scheduler/scheduler.ts'
import { claimAttempts } from '../../orchestrator/store/attempts.ts'
import { cleanMetadata } from '../../orchestrator/store/maintenance.ts'
import { telegramSetting } from '../../orchestrator/store/read/alerts.ts'
import { triggerRun } from '../../orchestrator/store/runs.ts'
import { maskSecrets } from '../../orchestrator/worker/secrets.ts'
import { register, serializedDag, serializedTask } from '../support/control-plane.ts'
import {
  apiError,
  type TelegramStandIn,
  TOKEN,
  telegramStandIn,
} from '../support/telegram-stand-in.ts'
import { until } from '../support/until.ts'
import { type FailingPlane, failing, failingPlane } from './failing-plane.ts'

const CHAT = '42'
/** Windows and delays that a test can wait for. */
const QUICK = {
  windowMs: 150,
  chatGapMs: 1,
  groupGapMs: 1,
  firstBackoffMs: 5,
  longestBackoffMs: 20,
}

let plane: FailingPlane
let standIn: TelegramStandIn
let said: string[]
const senders: AlertSender[] = []

beforeEach(async () => {
  plane = await failingPlane()
  standIn = await telegramStandIn(CHAT)
  said = []
  const parts = Array.from({ length: 50 }, (_, n) => serializedTask(`part_${n}`))
  await register(
    plane.pool,
    serializedDag('shop', [serializedTask('load')], [], { maxActiveRuns: 100 }),
    serializedDag('wide', parts, [], { maxActiveTasks: 100 }),
  )
})
afterEach(async () => {
  await stopAll()
  await standIn.close()
  await plane.close()
})

function send(options: Partial<AlertSenderOptions> = {}): AlertSender {
  const sender = startAlertSender({
    pool: plane.pool,
    chat: chat(),
    pageUrl: async () => 'http://terrace.test',
    mask: maskSecrets({ SHOP_API_KEY: 'sesame-open-now' }),
    log: (line) => said.push(line),
    limits: QUICK,
    lookEveryMs: 20,
    ...options,
  })
  senders.push(sender)
  return sender
}

function chat(timeoutMs = 2_000) {
  const telegram = openTelegram({ token: TOKEN, apiUrl: standIn.url, timeoutMs })
  return { telegram, chatId: CHAT }
}

async function stopAll(): Promise<void> {
  await Promise.all(senders.splice(0).map((sender) => sender.stop()))
}

const allTold = (count: number) =>
  until(`${count} alerts are told`, async () => {
    const told = await plane.alerts(['sent', 'grouped'])
    return told.length === count && told
  })

const texts = () => standIn.messages.map((message) => message.text)

describe('what fails is told', () => {
  test('a DAG that fails is one message with the right words, and one alert for each failure', async () => {
    send()
    await plane.runAndEnd('shop', { ...failing, failureCode: 'error' }, 'manual__one')
    expect(await allTold(2)).toMatchObject([
      {
        kind: 'task_failed',
        code: 'error',
        dagId: 'shop',
        runId: 'manual__one',
        taskId: 'load',
        mapIndex: -1,
        tryNumber: 1,
        error: failing.error,
        attempts: 1,
      },
      { kind: 'run_failed', taskId: null, error: 'Failed: load.', attempts: 1 },
    ])
    expect(texts()).toEqual([
      expect.stringMatching(
        /^Task failed: shop\.load\nDAG: shop\nRun: manual__one\nTask: load\nAttempt: 1\nAt: .*UTC\nbroker is gone\n {4}at consume/,
      ),
    ])
    expect(texts()[0]).toContain(`
The run failed with it.
Run it again: npx terrace tasks clear shop --run-id manual__one -t '^load$' -d -y
http://terrace.test/dags/shop/runs/manual__one/tasks/load?try=1`)
  })

  test('fifty failures at once are a few messages, and each of them is counted', async () => {
    send()
    await plane.runAndEnd('wide', failing)
    const told = await allTold(51)
    expect(told.filter(({ state }) => state === 'sent')).toHaveLength(2)
    expect(texts()).toHaveLength(2)
    expect(texts()[0]).toMatch(/^Task failed: wide\.part_\d+\n/)
    expect(texts()[1]).toMatch(/^49 failures, /)
    const named = texts()[1]!.match(/: 1 × task failed/g)?.length ?? 0
    const unnamed = Number(/and (\d+) more of other tasks/.exec(texts()[1]!)?.[1] ?? 0)
    expect(named + unnamed).toBe(49)
    expect(named).toBeGreaterThan(10)
  })

  test('markup, secrets and emojis of an error arrive as text', async () => {
    send()
    const error = `<b>x</b> & </pre> key=sesame-open-now ${'😀'.repeat(4_000)}`
    await plane.runAndEnd('shop', { outcome: 'failed', error })
    await allTold(2)
    expect(standIn.messages[0]).toMatchObject({ isHtml: true })
    expect(texts()[0]).toContain('<b>x</b> & </pre> key=*** 😀')
    expect(texts()[0]!.isWellFormed()).toBe(true)
    expect(standIn.calls).toBe(1)
  })
})

describe('a chat that cannot be reached', () => {
  test('loses nothing and holds up no task: all is told when it is back', async () => {
    await standIn.down()
    send()
    await migrateQueue(plane.databaseUrl)
    const queue = await openTaskQueue({ databaseUrl: plane.databaseUrl })
    const scheduler = await startScheduler({
      pool: plane.pool,
      databaseUrl: plane.databaseUrl,
      queue,
      hostname: 'test',
      log: () => {},
      tickMs: 50,
    })
    const consumer = await queue.consume(
      { queue: 'default', concurrency: 4, onError: () => {} },
      async (entry) => {
        await plane.finish(await claimAttempts(plane.pool, plane.worker, [entry]), failing)
      },
    )
    for (let n = 0; n < 6; n += 1)
      await triggerRun(plane.pool, { dagId: 'shop', triggeredBy: 'test', runId: `run_${n}` })
    await scheduler.wake()
    await until('all runs have ended while the chat is away', async () => {
      const { rows } = await plane.pool.query(`select from terrace.dag_run where state = 'failed'`)
      return rows.length === 6
    })
    await until('some tries were in vain', async () => {
      const [first] = await plane.alerts(['pending'])
      return first !== undefined && first.attempts > 3
    })
    expect((await plane.alerts(['pending'])).length).toBe(12)
    expect(said.filter((line) => line.includes('do not reach Telegram'))).toHaveLength(1)

    await standIn.up()
    await allTold(12)
    expect(texts()).toHaveLength(2)
    expect(texts()[1]).toMatch(/^5 failures, /)
    expect(texts()[1]).toContain('shop.load: 5 × task failed in 5 runs')
    expect(said.at(-1)).toBe('Alerts reach Telegram again.')
    await consumer.drain()
    await scheduler.stop()
    await queue.close()
  })

  test('is tried again no sooner than it asked for', async () => {
    standIn.answer(apiError(429, 'Too Many Requests: retry after 1', { retry_after: 1 }))
    send()
    const began = performance.now()
    await plane.runAndEnd('shop', failing)
    await allTold(2)
    expect(standIn.calls).toBe(2)
    expect(standIn.messages[0]!.at - began).toBeGreaterThan(990)
  })

  test('gets the text alone when it cannot read the markup', async () => {
    standIn.answer(apiError(400, "Bad Request: can't parse entities: Unsupported start tag"))
    send()
    await plane.runAndEnd('shop', { outcome: 'failed', error: 'a <b> c' })
    await allTold(2)
    expect(standIn.messages).toMatchObject([{ isHtml: false }])
    expect(texts()[0]).toContain('\na <b> c\n')
  })

  test('is followed to where the group has moved, also by the next sender', async () => {
    standIn.chats.delete(CHAT)
    standIn.chats.add('-100777')
    standIn.answer(apiError(400, 'Bad Request: upgraded', { migrate_to_chat_id: -100777 }))
    await send().look()
    await plane.runAndEnd('shop', failing)
    await allTold(2)
    await stopAll()
    send()
    await plane.runAndEnd('shop', failing)
    await allTold(4)
    expect(standIn.messages.map(({ chatId }) => chatId)).toEqual(['-100777', '-100777'])
    expect(standIn.calls).toBe(3)
  })

  test('refuses for good: the reason is kept, the alert is in the log, and the rest is one more call', async () => {
    standIn.chats.clear()
    send()
    for (let n = 0; n < 4; n += 1) await plane.runAndEnd('shop', failing, `run_${n}`)
    const failed = await until('all were refused', async () => {
      const rows = await plane.alerts(['failed'])
      return rows.length === 8 && rows
    })
    expect(failed[0]!.lastProblem).toMatch(/^400 Bad Request: chat not found\. Write to the bot/)
    expect(standIn.calls).toBeLessThanOrEqual(4)
    expect(
      said.filter((line) => line.startsWith('Alert: Task failed: shop.load in run')),
    ).toHaveLength(4)
    expect(said.join('\n')).not.toContain(TOKEN)

    standIn.chats.add(CHAT)
    await plane.runAndEnd('shop', failing)
    await allTold(2)
  })

  test.each(['hang', 'cut'] as const)('that lets an answer %s is tried again', async (answer) => {
    standIn.answer(answer)
    send({ chat: chat(1_000) })
    await plane.runAndEnd('shop', failing)
    await allTold(2)
    expect(texts()).toHaveLength(1)
    const [first] = await plane.alerts()
    expect(first!.attempts).toBeGreaterThan(1)
  })
})

describe('the sender', () => {
  test('is one of many: no alert is sent twice', async () => {
    for (let n = 0; n < 4; n += 1) send({ lookEveryMs: 5, limits: { ...QUICK, windowMs: 20 } })
    for (let n = 0; n < 10; n += 1) await plane.runAndEnd('shop', failing, `run_${n}`)
    const told = await allTold(20)
    expect(told.every(({ attempts }) => attempts === 1)).toBe(true)
    const counted = texts().map((text) => {
      const summed = /^(\d+) failures/.exec(text)
      return summed ? Number(summed[1]) : 1
    })
    expect(counted.reduce((sum, n) => sum + n, 0)).toBe(10)
  })

  test('that is stopped in the middle leaves the alert to the next one', async () => {
    standIn.answer('hang')
    const first = send({ chat: chat(60_000) })
    await plane.runAndEnd('shop', failing)
    await until('the call is under way', async () => standIn.calls === 1)
    await first.stop()
    expect(await plane.alerts(['pending'])).toHaveLength(2)
    send()
    await allTold(2)
    expect(texts()).toHaveLength(1)
  })

  test('without a chat writes the same to the log, and the page knows that there is none', async () => {
    send({ chat: null })
    await plane.runAndEnd('shop', { outcome: 'failed', error: 'key=sesame-open-now\nmore' }, 'r')
    await until('both are logged', async () => (await plane.alerts(['logged'])).length === 2)
    expect(said).toEqual([
      `Alert: Task failed: shop.load in run r (try 1): key=*** · npx terrace tasks clear shop --run-id r -t '^load$' -d -y`,
      'Alert: Run failed: shop in run r: Failed: load. · npx terrace tasks clear shop --run-id r -f -y',
    ])
    expect(await telegramSetting(plane.pool)).toBe('off')
    await send().look()
    expect(await telegramSetting(plane.pool)).toBe('on')
  })

  test('leaves alerts that `db clean` deletes with time, but for those not yet told', async () => {
    await plane.runAndEnd('shop', failing)
    const before = new Date(Date.now() + 60_000)
    const cleaned = async () => {
      const counts = await cleanMetadata(plane.pool, { before, dryRun: false })
      return counts.find(({ table }) => table === 'alert')?.rows
    }
    expect(await cleaned()).toBe(0)
    send({ chat: null })
    await until('both are logged', async () => (await plane.alerts(['logged'])).length === 2)
    expect(await cleaned()).toBe(2)
  })
})
