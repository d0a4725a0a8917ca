import type { TaskInstance } from '../api/types.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Took } from '../parts/took.tsx'
import { When } from '../parts/when.tsx'

/** Of one attempt: when it ran, and where. */
export function TaskFacts({ task }: { task: TaskInstance }) {
  return (
    <section className="card panel" aria-label="Facts">
      <Facts>
        <Fact name="Duration">
          <Took start={task.start_date} end={task.end_date} />
        </Fact>
        <Fact name="Waited">
          <Took start={task.queued_when} end={task.start_date ?? task.end_date} />
        </Fact>
        <Fact name="Queued">
          <When at={task.queued_when} none="not yet" />
        </Fact>
        <Fact name="Started">
          <When at={task.start_date} none="not yet" />
        </Fact>
        <Fact name="Ended">
          <When at={task.end_date} none="not yet" />
        </Fact>
        <Fact name="Attempt">{task.try_number}</Fact>
        <Fact name="Retries after failures">{task.max_tries}</Fact>
        <Fact name="Ran on">
          {task.hostname === null ? (
            <span className="muted">–</span>
          ) : (
            `${task.hostname}, process ${task.pid}`
          )}
        </Fact>
        <Fact name="Pool">{task.pool}</Fact>
        <Fact name="Queue">{task.queue}</Fact>
      </Facts>
    </section>
  )
}
