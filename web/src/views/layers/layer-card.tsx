import { Link } from '@tanstack/react-router'
import { useNow } from '../../parts/use-now.ts'
import { durationText } from '../../text/duration.ts'
import { utcTime } from '../../text/time.ts'
import type { Layer } from './layer.ts'

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })

export function LayerCard({ layer }: { layer: Layer }) {
  const { title, kind, rows, newest_at, lag, quarantined, problem, dag_id } = layer
  return (
    <article className="layer-card card" data-kind={kind} data-problem={problem !== null}>
      <h3>{title}</h3>
      {problem === null ? (
        <dl className="layer-figures">
          <Figure name={kind === 'topic' ? 'messages' : 'rows'} value={rows} />
          {newest_at !== null && (
            <div>
              <dt>newest</dt>
              <dd>
                <Age at={newest_at} />
              </dd>
            </div>
          )}
          <Figure name="not taken yet" value={lag} />
          <Figure name="quarantined" value={quarantined} warn={(quarantined ?? 0) > 0} />
        </dl>
      ) : (
        <p className="layer-problem">{problem}</p>
      )}
      {dag_id !== null && (
        <Link to="/dags/$dagId/grid" params={{ dagId: dag_id }} className="nodrag nopan">
          {dag_id}
        </Link>
      )}
    </article>
  )
}

function Figure({
  name,
  value,
  warn = false,
}: {
  name: string
  value: number | null
  warn?: boolean
}) {
  if (value === null) return null
  return (
    <div data-warn={warn}>
      <dt>{name}</dt>
      <dd>{whole.format(value)}</dd>
    </div>
  )
}

function Age({ at }: { at: string }) {
  const seconds = Math.max(0, (useNow(true) - Date.parse(at)) / 1_000)
  return (
    <time dateTime={at} title={utcTime(at)}>
      {durationText(Math.floor(seconds))} ago
    </time>
  )
}
