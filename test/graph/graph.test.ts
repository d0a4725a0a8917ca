import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveArgs } from '../../orchestrator/graph/arguments.ts'
import { afterFailure, type FailureKind, retryDelayMs } from '../../orchestrator/graph/retry.ts'
import { RunProgress } from '../../orchestrator/graph/run-progress.ts'
import type {
  Json,
  SerializedDag,
  SerializedTask,
} from '../../orchestrator/graph/serialized-dag.ts'
import { canonicalJson, structureHash } from '../../orchestrator/graph/structure-hash.ts'
import {
  type Edge,
  leaves,
  topologicalOrder,
  transitiveDownstream,
  transitiveUpstream,
} from '../../orchestrator/graph/topology.ts'
import { decide, TRIGGER_RULES } from '../../orchestrator/graph/trigger-rules.ts'
import { defineDag } from '../../orchestrator/sdk/index.ts'

const id = (index: number) => `t${index}`

/** Any graph, cycles included, of up to eight tasks. */
const anyGraph = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.record({
    ids: fc.shuffledSubarray(
      Array.from({ length: size }, (_, index) => id(index)),
      { minLength: size },
    ),
    edges: fc.uniqueArray(
      fc
        .tuple(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 0, max: size - 1 }))
        .map(([up, down]): Edge => [id(up), id(down)]),
      { maxLength: 16, selector: String },
    ),
  }),
)

/** By matrix: is there a way of at least one edge? */
function hasPath(ids: readonly string[], edges: readonly Edge[]): Set<string> {
  const paths = new Set(edges.map(([up, down]) => `${up} ${down}`))
  for (const middle of ids) {
    for (const a of ids) {
      for (const b of ids) {
        if (paths.has(`${a} ${middle}`) && paths.has(`${middle} ${b}`)) paths.add(`${a} ${b}`)
      }
    }
  }
  return paths
}

describe('topology', () => {
  test('the order has every upstream first, or there is a cycle and it is a real one', () => {
    fc.assert(
      fc.property(anyGraph, ({ ids, edges }) => {
        const paths = hasPath(ids, edges)
        const isCyclic = ids.some((one) => paths.has(`${one} ${one}`))
        const result = topologicalOrder(ids, edges)
        expect('cycle' in result).toBe(isCyclic)
        if ('cycle' in result) {
          expect(result.cycle.at(0)).toBe(result.cycle.at(-1))
          const steps = result.cycle.slice(1).map((to, index) => `${result.cycle[index]},${to}`)
          for (const step of steps) expect(edges.map(String)).toContain(step)
        } else {
          expect(result.order.toSorted()).toEqual(ids.toSorted())
          for (const [up, down] of edges) {
            expect(result.order.indexOf(up)).toBeLessThan(result.order.indexOf(down))
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('reach equals the transitive closure, in both directions', () => {
    fc.assert(
      fc.property(anyGraph, ({ ids, edges }) => {
        const paths = hasPath(ids, edges)
        for (const one of ids) {
          const below = ids.filter((other) => paths.has(`${one} ${other}`))
          const above = ids.filter((other) => paths.has(`${other} ${one}`))
          expect([...transitiveDownstream(edges, [one])].toSorted()).toEqual(below.toSorted())
          expect([...transitiveUpstream(edges, [one])].toSorted()).toEqual(above.toSorted())
          expect(leaves(ids, edges).includes(one)).toBe(below.length === 0)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('ten thousand tasks in a chain are ordered without recursion', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => id(index))
    const edges = ids.slice(1).map((down, index): Edge => [id(index), down])
    expect(topologicalOrder(ids.toReversed(), edges)).toEqual({ order: ids })
    expect(transitiveDownstream(edges, [id(0)]).size).toBe(9_999)
  })
})

describe('the structure hash', () => {
  const define = (
    change: { args?: Record<string, Json>; retries?: number; description?: string } = {},
  ) =>
    defineDag(
      { id: 'd', ...(change.description && { description: change.description }) },
      (dag) => {
        dag.task(
          'a',
          (args: { x: Json; y: Json }) => args.x,
          { x: 1, y: { b: 1, a: 2 }, ...change.args },
          {
            retries: change.retries ?? 0,
          },
        )
      },
    ).serialized

  test('is the same for the same structure, whatever the order of keys', () => {
    const shuffled = JSON.parse(canonicalJson(define())) as SerializedDag
    expect(structureHash(shuffled)).toBe(structureHash(define()))
    expect(structureHash(define({ args: { y: { a: 2, b: 1 } } }))).toBe(structureHash(define()))
  })

  test('differs when anything structural does', () => {
    const hashes = [{}, { retries: 1 }, { args: { x: 2 } }, { description: 'new' }].map((change) =>
      structureHash(define(change)),
    )
    expect(new Set(hashes).size).toBe(4)
  })

  test('canonical JSON is the same value, keys sorted', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Json)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text)
      }),
    )
  })
})

test('outputs are put where arguments refer to them, and are not searched themselves', () => {
  const args = { lag: { $output: 'a' }, list: [1, { deep: { $output: 'b' } }], n: null }
  const outputs = new Map<string, Json>([['a', { $output: 'b' }]])
  expect(resolveArgs(args, outputs)).toEqual({
    lag: { $output: 'b' },
    list: [1, { deep: null }],
    n: null,
  })
  expect(resolveArgs({ $output: 'a' }, new Map([['a', 5]]))).toBe(5)
})

describe('after a failure', () => {
  const policy = {
    retryDelayMs: 1_000,
    backoff: 'exponential',
    maxRetryDelayMs: 10_000,
    jitter: 0,
  } as const
  const attempt = { failures: 1, retries: 2, policy, random: () => 0 }
  const delays = [1, 2, 3, 4, 5, 2_000].map((failures) => retryDelayMs(policy, failures, () => 0))

  test('exponential delays double up to their cap; fixed ones stay', () => {
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
    expect(retryDelayMs({ ...policy, backoff: 'fixed' }, 5, () => 0)).toBe(1_000)
  })

  test('jitter only shortens, by no more than its share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, jitter, random) => {
          const full = retryDelayMs(policy, failures, () => 0)
          const delay = retryDelayMs({ ...policy, jitter }, failures, () => random)
          expect(delay).toBeLessThanOrEqual(full)
          expect(delay).toBeGreaterThanOrEqual(Math.floor(full * (1 - jitter)))
        },
      ),
    )
  })

  test.each<[FailureKind, number, object]>([
    ['error', 1, { state: 'up_for_retry', delayMs: 1_000 }],
    ['error', 2, { state: 'up_for_retry', delayMs: 2_000 }],
    ['error', 3, { state: 'failed' }],
    ['timeout', 1, { state: 'up_for_retry', delayMs: 1_000 }],
    ['bad_output', 1, { state: 'up_for_retry', delayMs: 1_000 }],
    ['retry_later', 1, { state: 'up_for_retry', delayMs: 77 }],
    ['retry_later', 3, { state: 'failed' }],
    ['fail', 1, { state: 'failed' }],
    ['data_check', 1, { state: 'failed' }],
    ['missing_handler', 1, { state: 'failed' }],
    ['cancelled', 1, { state: 'failed' }],
  ])('%s, failure %i', (kind, failures, expected) => {
    expect(afterFailure({ ...attempt, kind, failures, requestedDelayMs: 77 })).toEqual(expected)
  })
})

/** A DAG (edges go from lower to higher), with any rules and some gates. */
const anyRun = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc.record({
    rules: fc.array(fc.constantFrom(...TRIGGER_RULES), { minLength: size, maxLength: size }),
    edges: fc
      .uniqueArray(
        fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 0, max: size - 1 })),
        { maxLength: 20, selector: String },
      )
      .map((pairs) =>
        pairs.filter(([up, down]) => up < down).map(([up, down]): Edge => [id(up), id(down)]),
      ),
    // Which of the started tasks ends next, and how.
    steps: fc.infiniteStream(
      fc.tuple(fc.nat(), fc.constantFrom('success', 'success', 'failed', 'skipped', 'gate')),
    ),
  }),
)

test('counts kept one by one equal counts taken anew, and no decision is missed, in any run', () => {
  fc.assert(
    fc.property(anyRun, ({ rules, edges, steps }) => {
      const tasks = rules.map(
        (triggerRule, index) => ({ taskId: id(index), triggerRule }) as SerializedTask,
      )
      const progress = new RunProgress({ tasks, edges: edges as SerializedDag['edges'] })
      const started = progress.begin()
      const everStarted = new Set(started)
      while (started.length > 0) {
        const [pick, how] = steps.next().value as [
          number,
          'success' | 'failed' | 'skipped' | 'gate',
        ]
        const [ending] = started.splice(pick % started.length, 1) as [string]
        const before = new Map(tasks.map(({ taskId }) => [taskId, progress.state(taskId)]))
        const next = how === 'gate' ? progress.closeGate(ending) : progress.end(ending, how)
        for (const taskId of next) {
          expect(everStarted.has(taskId)).toBe(false)
          everStarted.add(taskId)
        }
        started.push(...next)

        for (const { taskId, triggerRule } of tasks) {
          const state = progress.state(taskId)
          const upstreams = edges
            .filter(([, down]) => down === taskId)
            .map(([up]) => progress.state(up))
          const counts = {
            total: upstreams.length,
            success: upstreams.filter((one) => one === 'success').length,
            failed: upstreams.filter((one) => one === 'failed').length,
            skipped: upstreams.filter((one) => one === 'skipped').length,
            upstreamFailed: upstreams.filter((one) => one === 'upstream_failed').length,
            removed: 0,
          }
          expect(progress.counts(taskId)).toEqual(counts)
          if (state === 'none') expect(decide(triggerRule, counts)).toBe('wait')
          if (next.includes(taskId)) expect(decide(triggerRule, counts)).toBe('run')
          const earlier = before.get(taskId)
          if (earlier !== 'none' && earlier !== 'started') expect(state).toBe(earlier)
        }
        if (how === 'gate') {
          for (const below of transitiveDownstream(edges, [ending])) {
            if (before.get(below) === 'none') expect(progress.state(below)).toBe('skipped')
          }
        }
      }
      expect(progress.isOver).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})
