import { useQuery } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import { dagGraphQuery } from '../api/dags.ts'
import { taskInstanceQuery, triesQuery } from '../api/tasks.ts'
import { Doc } from '../dags/doc.tsx'
import { LogPanel } from '../log/log-panel.tsx'
import { Answer } from '../parts/answer.tsx'
import { Breadcrumbs } from '../parts/breadcrumbs.tsx'
import { AttemptTabs } from '../task/attempt-tabs.tsx'
import { TaskFacts } from '../task/task-facts.tsx'
import { TaskHead } from '../task/task-head.tsx'
import { TaskIoPanel } from '../task/task-io-panel.tsx'
import { WhyWaiting } from '../task/why-waiting.tsx'

export function TaskPage() {
  const { dagId, runId, taskId } = useParams({ from: '/app/dags/$dagId/runs/$runId/tasks/$taskId' })
  const search = useSearch({ from: '/app/dags/$dagId/runs/$runId/tasks/$taskId' })
  const key = { dagId, runId, taskId, mapIndex: search.map_index ?? -1 }
  const query = useQuery(taskInstanceQuery(key))
  const tries = useQuery(triesQuery(key))
  const graph = useQuery(dagGraphQuery(dagId))
  const doc = graph.data?.tasks.find((one) => one.task_id === taskId)?.doc

  return (
    <div className="view">
      <Breadcrumbs>
        <Link to="/">DAGs</Link>
        <Link to="/dags/$dagId/grid" params={{ dagId }}>
          {dagId}
        </Link>
        <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId }} className="mono">
          {runId}
        </Link>
      </Breadcrumbs>
      <Answer query={query} what="the task">
        {(task) => {
          const attempts = tries.data?.task_instances ?? []
          const attempt = search.try ?? Math.max(task.try_number, attempts.at(-1)?.try_number ?? 0)
          const shown = attempts.find((one) => one.try_number === attempt)
          return (
            <>
              <TaskHead task={task} />
              <div className="columns">
                <section className="column-main" aria-label="Attempts and log">
                  <AttemptTabs attempts={attempts} chosen={attempt} />
                  <WhyWaiting taskKey={key} state={task.state} />
                  {attempt > 0 && (
                    <LogPanel
                      key={`${runId} ${taskId} ${key.mapIndex} ${attempt}`}
                      taskKey={key}
                      attempt={attempt}
                    />
                  )}
                </section>
                <div className="column-side">
                  <TaskFacts task={shown ?? task} />
                  <Doc text={doc} what={taskId} />
                  <TaskIoPanel taskKey={key} />
                </div>
              </div>
            </>
          )
        }}
      </Answer>
    </div>
  )
}
