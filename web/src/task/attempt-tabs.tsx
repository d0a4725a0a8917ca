import { Link } from '@tanstack/react-router'
import type { TaskInstance } from '../api/types.ts'
import { stateName } from '../parts/state-badge.tsx'
import { Took } from '../parts/took.tsx'

/** The attempts of a task, each with how it ended; one is shown below. */
export function AttemptTabs({ attempts, chosen }: { attempts: TaskInstance[]; chosen: number }) {
  if (attempts.length === 0) return null
  return (
    <nav className="attempts" aria-label="Attempts">
      {attempts.map((attempt) => (
        <Link
          key={attempt.try_number}
          from="/dags/$dagId/runs/$runId/tasks/$taskId"
          to="."
          search={(old) => ({ ...old, try: attempt.try_number })}
          replace
          className="attempt"
          data-state={attempt.state ?? 'none'}
          data-chosen={attempt.try_number === chosen}
          aria-current={attempt.try_number === chosen ? 'true' : undefined}
        >
          <strong>Attempt {attempt.try_number}</strong>
          <span className="muted">
            {stateName(attempt.state)}, <Took start={attempt.start_date} end={attempt.end_date} />
          </span>
        </Link>
      ))}
    </nav>
  )
}
