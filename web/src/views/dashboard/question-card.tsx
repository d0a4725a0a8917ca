import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { QuestionChart } from '../../charts/question-chart.tsx'
import { Answer } from '../../parts/answer.tsx'
import { AnswerTable } from './answer-table.tsx'
import { answerQuery, type Question } from './questions-query.ts'
import { useSeen } from './use-seen.ts'

/** One question, drawn as it asks to be, or as the table that it always is as well. */
export function QuestionCard({ question }: { question: Question }) {
  const { id, title, description, display, problem } = question
  const place = useRef<HTMLElement>(null)
  const seen = useSeen(place)
  const [asTable, setAsTable] = useState(display === 'table')
  const query = useQuery({ ...answerQuery(id), enabled: seen && !problem })
  return (
    <article ref={place} className="question card" data-display={display}>
      <div className="question-head">
        <h3>{title}</h3>
        {display !== 'table' && (
          <button
            type="button"
            className="button button-small"
            aria-pressed={asTable}
            aria-label={`${title} as a table`}
            onClick={() => setAsTable(!asTable)}
          >
            Table
          </button>
        )}
      </div>
      <p className="muted">{description}</p>
      {problem && <p className="note note-bad">{problem}</p>}
      {seen && !problem && (
        <Answer query={query} what={title}>
          {(answer) =>
            answer.rows.length === 0 ? (
              <p className="question-empty muted">
                No rows yet. The marts fill some minutes after the first events.
              </p>
            ) : asTable ? (
              <AnswerTable answer={answer} />
            ) : (
              <QuestionChart answer={answer} />
            )
          }
        </Answer>
      )}
    </article>
  )
}
