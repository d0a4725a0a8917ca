// Runs handlers, one attempt at a time, in a thread or a process of its own: the only place of a
// worker where user code is loaded. What the attempt writes is caught; what it throws becomes a
// result. It knows nothing of Postgres: the worker decides what follows.

import { AsyncLocalStorage } from 'node:async_hooks'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { environmentTexts } from '../../connections/environment.ts'
import { enableTypeScript, loadDag } from '../dag-processor/load-dag.ts'
import { checkOutput, TaskOutputError } from '../sdk/check-output.ts'
import type { TaskContext } from '../sdk/task-context.ts'
import { AttemptOutput } from './attempt-output.ts'
import { catchWrites } from './caught-writes.ts'
import { endWithWorker } from './end-with-worker.ts'
import { watchLeftovers } from './leftovers.ts'
import { LogCredit } from './log-credit.ts'
import {
  type FromRunner,
  failed,
  type RunContext,
  type RunnerResult,
  type RunnerSettings,
  type RunRequest,
  type ThreadData,
  type ToRunner,
} from './runner-protocol.ts'
import { errorText, MAX_ERROR_LENGTH, maskSecrets } from './secrets.ts'
import { Surroundings } from './surroundings.ts'
import { type DescribedThrown, describeThrown } from './thrown-text.ts'

const NOT_USED_AGAIN = 'Its thread is not used again, and the next task may wait for a new one.'

type LoadedDag = Awaited<ReturnType<typeof loadDag>>

interface RunningAttempt {
  /** As people know it. */
  name: string
  abort: AbortController
  output: AttemptOutput
  handlerBegan?: number
  handlerMs?: number
}

// Of the thread or process itself, whatever user code makes of it.
const exit = process.exit.bind(process)
const { settings, credit } = runnerData()
const mask = maskSecrets(environmentTexts())
/** Whose code runs: of the attempt that runs, or of one that has ended. */
const owner = new AsyncLocalStorage<RunningAttempt>()
const surroundings = new Surroundings()
// A DAG stays loaded: the worker ends this runner when its code has changed.
const loaded = new Map<string, Promise<LoadedDag>>()
let running: RunningAttempt | undefined
/** The attempt that ran last. */
let last: RunningAttempt | undefined

for (const name of ['stdout', 'stderr'] as const) {
  catchWrites(process[name], (chunk, encoding) =>
    (owner.getStore() ?? running)?.output.write(name, chunk, encoding),
  )
}
process.on('exit', () => running?.output.close())
listen((message) => {
  if (message.kind === 'run') void runAttempt(message)
  else running?.abort.abort(abortError(message.reason, message.message))
})
if (settings.dagsFolder !== undefined) await enableTypeScript(settings.dagsFolder)
const leftovers = watchLeftovers({
  port: parentPort,
  isLeftBehind() {
    const of = owner.getStore()
    return running === undefined || (of !== undefined && of !== running)
  },
  onOwnError: endByError,
  onLeftError: (error) =>
    reportLeft(`An error that it left behind was thrown: ${describe(error).detail}`),
  onLeftOpen: (resources) =>
    reportLeft(
      `It left open: ${counted(resources)}. ${NOT_USED_AGAIN} Let a handler clear its timers and close its connections before it returns.`,
    ),
})
send({ kind: 'ready' })

async function runAttempt(request: RunRequest): Promise<void> {
  const { dagId, taskId, mapIndex, runId, tryNumber } = request.context
  const index = mapIndex >= 0 ? `[${mapIndex}]` : ''
  const attempt: RunningAttempt = {
    name: `${dagId}.${taskId}${index} (run ${runId}, try ${tryNumber})`,
    abort: new AbortController(),
    output: new AttemptOutput(settings, mask, (lines, cost) => {
      if (credit && !credit.take(cost)) return false
      send({ kind: 'lines', lines, cost })
      return true
    }),
  }
  running = attempt
  const result = await owner
    .run(attempt, () => callHandler(request, attempt))
    .catch((thrown: unknown) => resultOfThrown(thrown))
  if (running !== attempt) return
  end(attempt)
  const globals = surroundings.restore()
  if (globals.length > 0) {
    sayEnded(attempt, result, false)
    // A module that was loaded meanwhile may need them: the thread ends, and takes no other attempt.
    reportLeft(`It changed globals: ${globals.join(', ')}. ${NOT_USED_AGAIN}`)
    return
  }
  let isSaid = false
  leftovers.settle((isQuiet) => {
    if (isSaid) send({ kind: 'quiet' })
    else sayEnded(attempt, result, isQuiet)
    isSaid = true
  })
}

function end(attempt: RunningAttempt): void {
  running = undefined
  last = attempt
  if (attempt.handlerBegan !== undefined)
    attempt.handlerMs = performance.now() - attempt.handlerBegan
  attempt.output.close()
}

function sayEnded(attempt: RunningAttempt, result: RunnerResult, isQuiet: boolean): void {
  send({ kind: 'ended', result, handlerMs: attempt.handlerMs ?? 0, isQuiet })
}

/** Nothing is known of the state of a handler that an error has left in the middle: it runs no further. */
function endByError(error: unknown): void {
  const message = `An error that no code of the task caught ended its runner thread: ${describe(error).detail}`
  const attempt = running
  if (attempt) {
    end(attempt)
    sayEnded(attempt, failed(message), false)
  }
  // The worker ends a process when it has its message, which is sent later.
  if (parentPort) exit(1)
}

function reportLeft(what: string): void {
  const name = (owner.getStore() ?? last)?.name ?? 'A task'
  send({ kind: 'left_behind', message: errorText(`${name} has ended. ${what}`, mask) })
}

function counted(resources: readonly string[]): string {
  const kinds = [...new Set(resources)]
  return kinds
    .map((kind) => `${resources.filter((one) => one === kind).length} × ${kind}`)
    .join(', ')
}

async function callHandler(
  { filePath, args, context }: RunRequest,
  attempt: RunningAttempt,
): Promise<RunnerResult> {
  const dag = await load(filePath, context.dagId)
  const registered = dag.handlers.get(context.taskId)
  if (!registered) {
    const message = `Task "${context.taskId}" is no longer in the code of DAG "${context.dagId}": this run is pinned to a version that had it. Put the task back and clear it, or trigger a new run of the version of today.`
    return { kind: 'failed', failure: 'missing_handler', message, detail: message }
  }
  const handler = registered.handler as (args: unknown, context: TaskContext) => unknown
  attempt.handlerBegan = performance.now()
  const returned = await handler(args, taskContext(context, attempt))
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
    // What modules change when they are loaded is theirs, and they are loaded once.
    dag = loadDag(filePath, dagId).finally(() => surroundings.keep())
    loaded.set(key, dag)
  }
  return dag
}

function taskContext(context: RunContext, { abort, output }: RunningAttempt): TaskContext {
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
    signal: abort.signal,
    log: output.log,
    // Loaded when it is asked for: most handlers never do.
    addresses: () =>
      import('../../connections/task-addresses.ts').then(({ taskAddresses }) => taskAddresses()),
  }
}

function resultOfThrown(thrown: unknown): RunnerResult {
  const { kind, delayMs, message, detail } = describe(thrown)
  if (kind === 'skip') return { kind, message }
  if (kind === 'retry_later') return { kind, message, detail, delayMs: delayMs ?? 0 }
  const failure = kind === 'error' && thrown instanceof TaskOutputError ? 'bad_output' : kind
  return { kind: 'failed', failure, message, detail }
}

function describe(thrown: unknown): DescribedThrown {
  const described = describeThrown(thrown, MAX_ERROR_LENGTH + mask.longest)
  return {
    ...described,
    message: errorText(described.message, mask),
    detail: errorText(described.detail, mask),
  }
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
