import { useQuery } from '@tanstack/react-query'
import { importErrorsQuery } from '../api/dags.ts'
import type { ImportError } from '../api/types.ts'
import { Answer } from '../parts/answer.tsx'
import { CommandLine } from '../parts/command-line.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { When } from '../parts/when.tsx'
import { splitImportError } from '../text/import-error.ts'

export function ImportErrorsPage() {
  const query = useQuery(importErrorsQuery)
  return (
    <div className="view">
      <div className="view-head">
        <h1>Import errors</h1>
      </div>
      <Answer query={query} what="the import errors">
        {({ import_errors: errors }) =>
          errors.length === 0 ? (
            <EmptyState title="Every DAG file loads">
              A file that does not load shows here within seconds, with the line and the reason.
            </EmptyState>
          ) : (
            <>
              <p className="muted">
                The last version that loaded keeps running. A file is read again as soon as it is
                saved, and its error goes away here. To check from a shell:{' '}
                <CommandLine text="npx terrace dags list-import-errors" />
              </p>
              <ul className="error-list">
                {errors.map((error) => (
                  <BrokenFile key={error.import_error_id} error={error} />
                ))}
              </ul>
            </>
          )
        }
      </Answer>
    </div>
  )
}

function BrokenFile({ error }: { error: ImportError }) {
  const { line, message } = splitImportError(error.stack_trace)
  return (
    <li className="card panel">
      <h2 className="mono">
        {error.filename}
        {line !== null && <span className="muted">, line {line}</span>}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre className="error-text" tabIndex={0}>
        {message}
      </pre>
      <p className="muted">
        Since <When at={error.timestamp} />
      </p>
    </li>
  )
}
