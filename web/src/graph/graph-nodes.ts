import { Position } from '@xyflow/react'
import type { AnyState, DagGraph, TaskInstance } from '../api/types.ts'
import type { Box } from './elk-graph.ts'
import type { Direction } from './layout-graph.ts'
import type { TaskNodeType } from './task-node.tsx'

/** The tasks of a graph as React Flow's nodes, each with what a run has made of it. */
export function graphNodes(
  graph: DagGraph,
  boxes: ReadonlyMap<string, Box>,
  direction: Direction,
  runId: string | null,
  instances: TaskInstance[],
): TaskNodeType[] {
  const instancesOf = Map.groupBy(instances, (instance) => instance.task_id)
  const across = direction === 'RIGHT'
  return graph.tasks.flatMap((task) => {
    const box = boxes.get(task.task_id)
    if (!box) return []
    const mine = instancesOf.get(task.task_id) ?? []
    const first = mine[0]
    return {
      id: task.task_id,
      type: 'task',
      position: { x: box.x, y: box.y },
      width: box.width,
      height: box.height,
      sourcePosition: across ? Position.Right : Position.Bottom,
      targetPosition: across ? Position.Left : Position.Top,
      data: {
        dagId: graph.dag_id,
        runId,
        task,
        state: mine.length > 0 ? worstOf(mine) : 'none',
        start: first?.start_date ?? null,
        end: first?.end_date ?? null,
        isMapped: mine.length > 1,
      },
    }
  })
}

const WORST_FIRST: AnyState[] = [
  'failed',
  'upstream_failed',
  'running',
  'restarting',
  'up_for_retry',
  'queued',
  'scheduled',
]

/** Of a mapped task the state that most asks to be seen. */
function worstOf(instances: TaskInstance[]): AnyState {
  const states = new Set(instances.map((instance) => instance.state ?? 'none'))
  return WORST_FIRST.find((state) => states.has(state)) ?? instances[0]?.state ?? 'none'
}
