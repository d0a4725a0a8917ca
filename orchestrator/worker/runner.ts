// Runs handlers, one attempt at a time, in a thread or a process of its own: the only place of a
// worker where user code is loaded. What the attempt writes is caught; what it throws becomes a
// result. It knows nothing of Postgres: the worker decides what follows.

import { AsyncLocalStorage } from 'node:async_hooks'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { enableTypeScript, loadDag } from '../dag-processor/load-dag.ts'
import { checkOutput, TaskOutputError } from '../sdk/check-output.ts'
import type { TaskContext } from '../sdk/task-context.ts'
import { AttemptOutput } from './attempt-output.ts'
import { catchWrites } from './caught-writes.ts'
import { endWithWorker } from './end-with-worker.ts'
import { LogCredit } from './log-credit.ts'
import type {
  FromRunner,
  RunContext,
  RunnerResult,
  RunnerSettings,
  RunRequest,
  ThreadData,
  ToRunner,
} from './runner-protocol.ts'
import { errorText, MAX_ERROR_LENGTH, maskSecrets } from './secrets.ts'
import { describeThrown } from './thrown-text.ts'

type LoadedDag = Awaited<ReturnType<typeof loadDag>>

const { settings, credit } = runnerData()
const mask = maskSecrets(process.env)
const outputs = new AsyncLocalStorage<AttemptOutput>()
// A DAG stays loaded: the worker ends this runner when its code has changed.
const loaded = new Map<string, Promise<LoadedDag>>()
let running: { abort: AbortController; output: AttemptOutput } | undefined
let handlerBegan: number | undefined

// Whatever user code writes belongs to the attempt that it was started by.
for (const name of ['stdout', 'stderr'] as const) {
  catchWrites(process[name], (chunk, encoding) =>
    (outputs.getStore() ?? running?.output)?.write(name, chunk, encoding),
  )
}
process.on('exit', () => running?.output.close())
listen((message) => {
  if (message.kind === 'abort') {
    running?.abort.abort(abortError(message.reason, message.message))
  } else {
    handlerBegan = undefined
    void runAttempt(message).then((result) => {
      const handlerMs = handlerBegan === undefined ? 0 : performance.now() - handlerBegan
      send({ kind: 'ended', result, handlerMs })
    })
  }
})
if (settings.dagsFolder !== undefined) await enableTypeScript(settings.dagsFolder)
send({ kind: 'ready' })

async function runAttempt(request: RunRequest): Promise<RunnerResult> {
  const output = new AttemptOutput(settings, mask, (lines, cost) => {
    if (credit && !credit.take(cost)) return false
    send({ kind: 'lines', lines, cost })
    return true
  })
  const abort = new AbortController()
  running = { abort, output }
  try {
    return await outputs.run(output, () => callHandler(request, abort.signal, output))
  } catch (thrown) {
    return resultOfThrown(thrown)
  } finally {
    running = undefined
    output.close()
  }
}

async function callHandler(
  { filePath, args, context }: RunRequest,
  signal: AbortSignal,
  output: AttemptOutput,
): Promise<RunnerResult> {
  const dag = await load(filePath, context.dagId)
  const registered = dag.handlers.get(context.taskId)
  if (!registered) {
    const message = `Task "${context.taskId}" is no longer in the code of DAG "${context.dagId}": this run is pinned to a version that had it. Put the task back and clear it, or trigger a new run of the version of today.`
    return { kind: 'failed', failure: 'missing_handler', message, detail: message }
  }
  const handler = registered.handler as (args: unknown, context: TaskContext) => unknown
  handlerBegan = performance.now()
  const returned = await handler(args, taskContext(context, signal, output))
  const json = await checkOutput(context.taskId, registered, returned, settings.maxOutputBytes)
  return {
    kind: 'returned',
    output: json === null ? null : JSON.stringify(json),
    isFalsy: !json,
  }
}

function load(filePath: string, dagId: string): Promise<LoadedDag> {
  const key = `${filePath}\n${dagId}`
  let dag = loaded.get(key)
  if (!dag) {
    dag = loadDag(filePath, dagId)
    loaded.set(key, dag)
  }
  return dag
}

function taskContext(context: RunContext, signal: AbortSignal, output: AttemptOutput): TaskContext {
  const date = (text: string | null) => (text === null ? null : new Date(text))
  return {
    ...context,
    logicalDate: date(context.logicalDate),
    dataIntervalStart: date(context.dataIntervalStart),
    dataIntervalEnd: date(context.dataIntervalEnd),
    runAfter: new Date(context.runAfter),
    triggeringAssetEvents: context.triggeringAssetEvents.map((event) => ({
      ...event,
      createdAt: new Date(event.createdAt),
    })),
    signal,
    log: output.log,
    // Loaded when it is asked for: most handlers never do.
    addresses: () =>
      import('../../connections/task-addresses.ts').then(({ taskAddresses }) => taskAddresses()),
  }
}

function resultOfThrown(thrown: unknown): RunnerResult {
  const described = describeThrown(thrown, MAX_ERROR_LENGTH + mask.longest)
  const message = errorText(described.message, mask)
  const detail = errorText(described.detail, mask)
  const { kind, delayMs } = described
  if (kind === 'skip') return { kind, message }
  if (kind === 'retry_later') return { kind, message, detail, delayMs: delayMs ?? 0 }
  const failure = kind === 'error' && thrown instanceof TaskOutputError ? 'bad_output' : kind
  return { kind: 'failed', failure, message, detail }
}

function abortError(reason: string, message: string): Error {
  return Object.assign(new Error(message), { name: 'AbortError', code: `terrace_${reason}` })
}

function listen(onMessage: (message: ToRunner) => void): void {
  if (parentPort) parentPort.on('message', onMessage)
  else process.on('message', onMessage)
  if (isMainThread) endWithWorker()
}

function send(message: FromRunner): void {
  if (parentPort) parentPort.postMessage(message)
  else process.send?.(message)
}

function runnerData(): { settings: RunnerSettings; credit?: LogCredit } {
  if (isMainThread) return { settings: JSON.parse(process.argv[2] ?? '{}') }
  const data = workerData as ThreadData
  return { settings: data.settings, credit: new LogCredit(data.credit) }
}
