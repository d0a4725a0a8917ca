// Measures the bare limits in a process of its own. The connection options are those of Terrace's
// queues; the worker is as short as one can be.

import {
  createPostgresBackend,
  FlowProducer,
  Queue,
  type QueueOptions,
  Worker,
  withBackend,
} from 'bullmq'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import type { BareAnswers, BareQuestion, BareSettings } from './bare-protocol.ts'
import { COMPUTE_FIB } from './dag-files.ts'
import { openLoop } from './pick-up.ts'

const CONCURRENCY = 64
const NAME = 'bare'
const settings: BareSettings = JSON.parse(process.env.TERRACE_BENCH_SETTINGS!)
const removed = { removeOnComplete: true, removeOnFail: true } as const

type Processor = (job: { id?: string | undefined; name: string }) => Promise<unknown>

/** The three things that a queue is used by; the two backends' classes share no type. */
interface BareQueue {
  add(name: string, id?: string): Promise<unknown>
  work(processor: Processor): { close(): Promise<void> }
  flow(children: number): Promise<void>
}

const queue = settings.queue === 'redis' ? onRedis() : onPostgres()
const pool = new Pool({ connectionString: settings.databaseUrl, max: 4 })
await pool.query('create table if not exists bare_step (id int primary key, n int not null)')
await pool.query('insert into bare_step values (1, 0) on conflict do nothing')

process.on('message', (question: BareQuestion) => {
  void answers[question.kind](question as never).then((answer) => process.send?.(answer))
})
process.once('disconnect', () => process.exit(0))
process.send?.({ ready: true })

const answers: {
  [Kind in keyof BareAnswers]: (
    question: Extract<BareQuestion, { kind: Kind }>,
  ) => Promise<BareAnswers[Kind]>
} = {
  async chain({ length }) {
    let left = length
    let done!: () => void
    const finished = new Promise<void>((resolve) => {
      done = resolve
    })
    const worker = queue.work(async () => {
      await pool.query({ name: 'step', text: 'update bare_step set n = n + 1 where id = 1' })
      left -= 1
      if (left > 0) await queue.add('step')
      else done()
      return null
    })
    const began = performance.now()
    await queue.add('step')
    await finished
    const msPerStep = (performance.now() - began) / length
    await worker.close()
    return { msPerStep }
  },

  async compute({ length }) {
    const fib = (n: number): number => (n < 2 ? n : fib(n - 1) + fib(n - 2))
    const began = performance.now()
    for (let i = 0; i < length; i++) fib(COMPUTE_FIB)
    return { msPerStep: (performance.now() - began) / length }
  },

  async flow({ children }) {
    let done!: () => void
    const finished = new Promise<void>((resolve) => {
      done = resolve
    })
    const worker = queue.work(async (job) => {
      if (job.name === 'parent') done()
      return null
    })
    const began = performance.now()
    await queue.flow(children)
    await finished
    const perSecond = (children / (performance.now() - began)) * 1_000
    await worker.close()
    return { perSecond }
  },

  async open_loop({ perSecond, seconds }) {
    const sentAt = new Map<string, number>()
    const delaysMs: number[] = []
    const worker = queue.work(async (job) => {
      delaysMs.push(performance.now() - sentAt.get(job.id ?? '')!)
      return null
    })
    const began = performance.now()
    await openLoop(perSecond, seconds, () => {
      const id = `j-${sentAt.size}-${began}`
      sentAt.set(id, performance.now())
      return queue.add('single', id)
    })
    while (delaysMs.length < sentAt.size) await new Promise((resolve) => setTimeout(resolve, 10))
    await worker.close()
    return { delaysMs: delaysMs.slice(Math.round(perSecond)) }
  },
}

function onRedis(): BareQueue {
  const connect = () => new Redis(settings.redisUrl, { maxRetriesPerRequest: null })
  const options = { connection: connect(), streams: { events: { maxLen: 0 } } }
  const bare = new Queue(NAME, options as QueueOptions)
  const flows = new FlowProducer({ connection: connect() })
  return {
    add: (name, id) => bare.add(name, {}, { ...removed, ...(id && { jobId: id }) }),
    work: (processor) =>
      new Worker(NAME, processor, { connection: connect(), concurrency: CONCURRENCY }),
    flow: async (children) => void (await flows.add(flowOf(children))),
  }
}

function onPostgres(): BareQueue {
  const bound = withBackend(createPostgresBackend)
  const connection = {
    connectionString: settings.databaseUrl,
    schema: 'bullmq',
    options: '-c synchronous_commit=off',
    max: 4,
  }
  const bare = new bound.Queue(NAME, { connection })
  const flows = new bound.FlowProducer({ connection })
  return {
    add: (name, id) => bare.add(name, {}, { ...removed, ...(id && { jobId: id }) }),
    work: (processor) =>
      new bound.Worker(NAME, processor, { connection, concurrency: CONCURRENCY }),
    flow: async (children) => void (await flows.add(flowOf(children))),
  }
}

function flowOf(children: number) {
  const child = { name: 'child', queueName: NAME, opts: removed }
  return {
    name: 'parent',
    queueName: NAME,
    opts: removed,
    children: Array.from({ length: children }, () => ({ ...child, data: {} })),
  }
}
