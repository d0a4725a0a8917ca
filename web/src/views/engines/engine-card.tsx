import { Fact, Facts } from '../../parts/facts.tsx'
import type { Engine } from './engines-query.ts'

const ROLES: Record<Engine['role'], string> = {
  postgres: 'Metadata',
  warehouse: 'Warehouse',
  queue: 'Queue',
  event_log: 'Event log',
  clickhouse: 'Marts',
}

export function EngineCard({ engine }: { engine: Engine }) {
  const { role, source, version, address, ok, problem, note } = engine
  return (
    <li className="engine-card card" data-ok={ok}>
      <div className="engine-head">
        <h2>{ROLES[role]}</h2>
        <span className="engine-health">{ok ? 'answers' : 'no answer'}</span>
      </div>
      <Facts>
        <Fact name="Version">{version ?? '–'}</Fact>
        <Fact name="Kind">{source === 'embedded' ? 'embedded' : `server of ${source}`}</Fact>
        <Fact name="Address">
          <code>{address}</code>
        </Fact>
      </Facts>
      {!ok && <p className="note note-bad">{problem ?? 'It does not answer.'}</p>}
      {note !== undefined && <p className="muted">{note}</p>}
    </li>
  )
}
