import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { dagGraphQuery } from '../api/dags.ts'
import { SourceText } from '../dags/source-text.tsx'
import { taskSettingColumns } from '../dags/task-setting-columns.tsx'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { localTime } from '../text/time.ts'

export function DagCodePage() {
  const { dagId } = useParams({ from: '/app/dags/$dagId/code' })
  const { version } = useSearch({ from: '/app/dags/$dagId/code' })
  const navigate = useNavigate({ from: '/dags/$dagId/code' })
  const query = useQuery(dagGraphQuery(dagId, version))
  return (
    <Answer query={query} what="the code">
      {(graph) => (
        <>
          <div className="filters">
            <select
              className="field"
              aria-label="Version"
              value={graph.version_number}
              onChange={({ target }) =>
                void navigate({ search: { version: Number(target.value) } })
              }
            >
              {graph.versions.map((one) => (
                <option key={one.version_number} value={one.version_number}>
                  Version {one.version_number}, {localTime(one.created_at, Date.now())}
                </option>
              ))}
            </select>
            <code className="muted">{graph.file_path}</code>
          </div>
          <SourceText text={graph.source} label={`Source of ${dagId}`} />
          <h2>Tasks of this version</h2>
          <DataTable
            label="Tasks of this version"
            columns={taskSettingColumns}
            rows={graph.tasks}
            rowId={(task) => task.task_id}
          />
        </>
      )}
    </Answer>
  )
}
