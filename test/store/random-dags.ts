// DAGs of random shape for the property tests, from a seed.

import { TRIGGER_RULES } from '../../orchestrator/graph/trigger-rules.ts'
import { serializedDag, serializedTask } from '../support/control-plane.ts'
import type { ModelTask } from './brute-force-model.ts'

export interface RandomDag {
  dagId: string
  tasks: ModelTask[]
  serialized: ReturnType<typeof serializedDag>
}

export function randomDag(dagId: string, random: () => number): RandomDag {
  const size = 2 + Math.floor(random() * 7)
  const tasks: ModelTask[] = Array.from({ length: size }, (_, n) => ({
    taskId: `t${n}`,
    upstreams: Array.from({ length: n }, (_, m) => `t${m}`).filter(() => random() < 0.4),
    rule:
      random() < 0.5 ? 'all_success' : TRIGGER_RULES[Math.floor(random() * TRIGGER_RULES.length)]!,
  }))
  const maxActiveTasks = 1 + Math.floor(random() * 4)
  return { dagId, tasks, serialized: toDag(dagId, tasks, 1000, maxActiveTasks, random) }
}

export function toDag(
  dagId: string,
  tasks: ModelTask[],
  maxActiveRuns: number,
  maxActiveTasks: number,
  random: () => number = () => 0,
) {
  return serializedDag(
    dagId,
    tasks.map(({ taskId, rule }) =>
      serializedTask(taskId, {
        triggerRule: rule,
        priorityWeight: 1 + Math.floor(random() * 3),
        poolSlots: 1 + Math.floor(random() * 2),
      }),
    ),
    tasks.flatMap(({ taskId, upstreams }) =>
      upstreams.map((upstream): [string, string] => [upstream, taskId]),
    ),
    { maxActiveRuns, maxActiveTasks },
  )
}

/** A small seeded generator of numbers in [0, 1) (public domain algorithm by Tommy Ettinger). */
export function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
