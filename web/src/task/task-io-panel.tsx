import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type TaskKey, taskIoQuery } from '../api/tasks.ts'
import { Answer } from '../parts/answer.tsx'
import { JsonView } from '../parts/json-view.tsx'

/** What a task was given, by which task, and what it gave on. */
export function TaskIoPanel({ taskKey }: { taskKey: TaskKey }) {
  const query = useQuery(taskIoQuery(taskKey))
  return (
    <section className="card panel" aria-labelledby="io-title">
      <h2 id="io-title">Inputs and output</h2>
      <Answer query={query} what="inputs and output">
        {({ inputs, output, outputs_cut: cut }) => (
          <>
            {inputs.map((input) => (
              <div key={input.name} className="io-value">
                <h3>
                  <code>{input.name}</code>
                  {input.from !== null && (
                    <span className="muted">
                      {' '}
                      from{' '}
                      <Link
                        to="/dags/$dagId/runs/$runId/tasks/$taskId"
                        params={{ ...taskKey, taskId: input.from }}
                      >
                        {input.from}
                      </Link>
                    </span>
                  )}
                </h3>
                <JsonView value={input.value} label={`input ${input.name}`} />
              </div>
            ))}
            {inputs.length === 0 && <p className="muted">It takes no inputs.</p>}
            <div className="io-value">
              <h3>Output</h3>
              {output === null ? (
                <p className="muted">None.</p>
              ) : (
                <JsonView value={output} label="output" />
              )}
              {cut && <p className="muted">Too large to show: what you see is its beginning.</p>}
            </div>
          </>
        )}
      </Answer>
    </section>
  )
}
