import type { Answered } from '../views/dashboard/questions-query.ts'
import './charts.css'
import { RowChart } from './row-chart.tsx'
import { SeriesChart } from './series-chart.tsx'
import { ShareChart } from './share-chart.tsx'

/** An answer drawn as its question asks to be. The same figures stand in its table. */
export function QuestionChart({ answer }: { answer: Answered }) {
  const Chart =
    answer.display === 'pie' ? ShareChart : answer.display === 'row' ? RowChart : SeriesChart
  return (
    <figure className="chart" aria-label={`${answer.title}. ${answer.description}`}>
      <Chart answer={answer} />
    </figure>
  )
}
