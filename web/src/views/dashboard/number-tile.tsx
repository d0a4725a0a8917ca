import { useQuery } from '@tanstack/react-query'
import { columnText, formatOf, valueText } from '../../charts/format-value.ts'
import { Answer } from '../../parts/answer.tsx'
import { answerQuery, type Question } from './questions-query.ts'

/** A question whose answer is one row: each of its values as a figure. */
export function NumberTile({ question }: { question: Question }) {
  const { id, title, description, problem } = question
  const query = useQuery({ ...answerQuery(id), enabled: !problem })
  return (
    <article className="number-tile card">
      <h3>{title}</h3>
      {problem ? (
        <p className="note note-bad">{problem}</p>
      ) : (
        <Answer query={query} what={title}>
          {(answer) =>
            answer.y.map((name) => (
              <p key={name} className="number-value">
                {valueText(answer.rows[0]?.[answer.columns.indexOf(name)], formatOf(answer, name))}
                {answer.money.includes(name) && <span className="muted"> {answer.currency}</span>}
                {answer.y.length > 1 && <span className="muted"> {columnText(name)}</span>}
              </p>
            ))
          }
        </Answer>
      )}
      <p className="muted">{description}</p>
    </article>
  )
}
