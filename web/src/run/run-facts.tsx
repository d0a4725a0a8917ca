import { Link } from '@tanstack/react-router'
import type { DagRun } from '../api/types.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Interval } from '../parts/interval.tsx'
import { Took } from '../parts/took.tsx'
import { When } from '../parts/when.tsx'
import { startedBy } from './run-columns.tsx'

export function RunFacts({ run }: { run: DagRun }) {
  const version = run.dag_versions[0]?.version_number
  return (
    <section className="card panel" aria-label="Facts">
      <Facts>
        <Fact name="Duration">
          <Took start={run.start_date} end={run.end_date} />
        </Fact>
        <Fact name="Started">
          <When at={run.start_date} none="not yet" />
        </Fact>
        <Fact name="Ended">
          <When at={run.end_date} none="not yet" />
        </Fact>
        <Fact name="Queued">
          <When at={run.queued_at} />
        </Fact>
        <Fact name="Run after">
          <When at={run.run_after} />
        </Fact>
        <Fact name="Logical date">
          <When at={run.logical_date} none="none" />
        </Fact>
        {run.data_interval_start !== null && (
          <Fact name="Interval">
            <Interval start={run.data_interval_start} end={run.data_interval_end} />
          </Fact>
        )}
        <Fact name="Started by">{startedBy(run)}</Fact>
        {version !== undefined && (
          <Fact name="Version">
            <Link to="/dags/$dagId/code" params={{ dagId: run.dag_id }} search={{ version }}>
              v{version}
            </Link>
          </Fact>
        )}
        {run.note && <Fact name="Note">{run.note}</Fact>}
      </Facts>
    </section>
  )
}
