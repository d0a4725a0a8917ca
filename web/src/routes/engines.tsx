import { useQuery } from '@tanstack/react-query'
import { Answer } from '../parts/answer.tsx'
import { CommandLine } from '../parts/command-line.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { EngineCard } from '../views/engines/engine-card.tsx'
import '../views/engines/engines.css'
import { enginesQuery, type Process } from '../views/engines/engines-query.ts'
import { ProcessTable } from '../views/engines/process-table.tsx'

export function EnginesPage() {
  const query = useQuery(enginesQuery)
  return (
    <div className="view">
      <div className="view-head">
        <h1>Engines and workers</h1>
        {query.data && <span className="muted">Terrace {query.data.version}</span>}
      </div>
      <Answer query={query} what="the engines">
        {({ engines, processes }) => (
          <>
            {engines.length === 0 ? (
              <EmptyState title="No engine was found">
                What is in the way says: <CommandLine text="npx terrace doctor" />
              </EmptyState>
            ) : (
              <ul className="engine-list" aria-label="Engines">
                {engines.map((engine) => (
                  <EngineCard key={engine.role} engine={engine} />
                ))}
              </ul>
            )}
            <h2>Processes</h2>
            <MissingRoles processes={processes} />
            <ProcessTable processes={processes} />
          </>
        )}
      </Answer>
    </div>
  )
}

const WITHOUT = {
  scheduler: 'No scheduler is alive: no run starts and no lost task is found.',
  worker: 'No worker is alive: tasks wait in the queue.',
}

function MissingRoles({ processes }: { processes: Process[] }) {
  const alive = processes.filter(({ state }) => state === 'running').map(({ kind }) => kind)
  const missing = (['scheduler', 'worker'] as const).filter((kind) => !alive.includes(kind))
  return missing.map((kind) => (
    <p key={kind} className="note note-bad">
      {WITHOUT[kind]} Start one: <CommandLine text={`npx terrace ${kind}`} />
    </p>
  ))
}
