import { useQuery } from '@tanstack/react-query'
import { Answer } from '../parts/answer.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import '../views/dashboard/dashboard.css'
import { NumberTile } from '../views/dashboard/number-tile.tsx'
import { QuestionCard } from '../views/dashboard/question-card.tsx'
import { type Question, questionsQuery } from '../views/dashboard/questions-query.ts'

export function DashboardPage() {
  const query = useQuery(questionsQuery)
  return (
    <div className="view">
      <div className="view-head">
        <h1>Dashboard</h1>
      </div>
      <Answer query={query} what="the questions">
        {({ questions }) =>
          questions.length === 0 ? <NoQuestions /> : <Questions questions={questions} />
        }
      </Answer>
    </div>
  )
}

function Questions({ questions }: { questions: Question[] }) {
  const numbers = questions.filter(({ display }) => display === 'number')
  const others = questions.filter(({ display }) => display !== 'number')
  // What has figures on top comes first.
  const groups = new Set([...numbers, ...others].map(({ group }) => group))
  return (
    <>
      {numbers.length > 0 && (
        <section className="number-tiles" aria-label="Figures">
          {numbers.map((question) => (
            <NumberTile key={question.id} question={question} />
          ))}
        </section>
      )}
      {[...groups].map((group) => (
        <section key={group} className="question-group" aria-label={group}>
          <h2>{group}</h2>
          <div className="question-list">
            {chartsFirst(others.filter((question) => question.group === group)).map((question) => (
              <QuestionCard key={question.id} question={question} />
            ))}
          </div>
        </section>
      ))}
    </>
  )
}

/** Tables take a whole line each. */
function chartsFirst(questions: Question[]): Question[] {
  const isTable = ({ display }: Question) => display === 'table'
  return [...questions.filter((one) => !isTable(one)), ...questions.filter(isTable)]
}

function NoQuestions() {
  return (
    <EmptyState title="This project asks no questions">
      Write one .sql file for each question into a folder, and name the folder in package.json:{' '}
      <code>{'"terrace": { "questions": "./metabase/questions" }'}</code>
    </EmptyState>
  )
}
