import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { taskInstancesQuery } from '../api/tasks.ts'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { taskColumns } from './task-columns.tsx'

export function RunTasks({ dagId, runId }: { dagId: string; runId: string }) {
  const query = useQuery(taskInstancesQuery(dagId, runId))
  const columns = useMemo(() => taskColumns(dagId, runId), [dagId, runId])
  return (
    <Answer query={query} what="the tasks">
      {({ task_instances: tasks }) =>
        tasks.length === 0 ? (
          <EmptyState title="No tasks">
            The version of the DAG that this run is pinned to has no tasks.
          </EmptyState>
        ) : (
          <DataTable
            label="Tasks of the run"
            columns={columns}
            rows={tasks}
            rowId={(task) => `${task.task_id} ${task.map_index}`}
          />
        )
      }
    </Answer>
  )
}
