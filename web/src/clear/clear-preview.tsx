import type { TaskInstance } from '../api/types.ts'
import { StateBadge } from '../parts/state-badge.tsx'
import { taskName } from '../run/task-columns.tsx'

export function ClearPreview({ instances }: { instances: TaskInstance[] }) {
  if (instances.length === 0)
    return (
      <p className="note" role="status">
        Nothing would change: no task of the run fits. Choose other options.
      </p>
    )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="preview" aria-label="What will run again" tabIndex={0}>
      <ul>
        {instances.map((instance) => (
          <li key={taskName(instance)}>
            <span className="cut">{taskName(instance)}</span>
            <span className="preview-change">
              <StateBadge state={instance.state} />
              <span className="muted">→ runs again</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
