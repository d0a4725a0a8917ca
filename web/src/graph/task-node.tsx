import { Link } from '@tanstack/react-router'
import { Handle, type Node, type NodeProps } from '@xyflow/react'
import { memo } from 'react'
import type { AnyState, GraphTask } from '../api/types.ts'
import { stateName } from '../parts/state-badge.tsx'
import { Took } from '../parts/took.tsx'

export type TaskNodeType = Node<
  {
    dagId: string
    /** Null: the graph is shown without a run. */
    runId: string | null
    task: GraphTask
    state: AnyState
    start: string | null
    end: string | null
    isMapped: boolean
  },
  'task'
>

export const TaskNode = memo(function TaskNode(props: NodeProps<TaskNodeType>) {
  const { dagId, runId, task, state, start, end, isMapped } = props.data
  const { sourcePosition, targetPosition } = props
  return (
    <>
      {targetPosition && <Handle type="target" position={targetPosition} isConnectable={false} />}
      {runId === null ? (
        <div className="task-node" title={task.doc ?? undefined}>
          <strong>{task.task_id}</strong>
          <span className="muted">{task.kind}</span>
        </div>
      ) : (
        <Link
          className="task-node nopan"
          to="/dags/$dagId/runs/$runId/tasks/$taskId"
          params={{ dagId, runId, taskId: task.task_id }}
          data-state={state}
          title={task.doc ?? undefined}
        >
          <strong>{task.task_id}</strong>
          <span className="task-node-state">
            {isMapped && 'mapped, '}
            {stateName(state)}
            {start !== null && (
              <>
                , <Took start={start} end={end} />
              </>
            )}
          </span>
        </Link>
      )}
      {sourcePosition && <Handle type="source" position={sourcePosition} isConnectable={false} />}
    </>
  )
})
