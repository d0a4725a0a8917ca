import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import type { Answered } from '../views/dashboard/questions-query.ts'
import { pointsOf } from './chart-data.ts'
import {
  chartFormat,
  GRID,
  HEIGHT,
  LEGEND,
  NAME_AXIS,
  seriesOf,
  tooltip,
  valueAxis,
} from './chart-parts.tsx'

const ROW = 30

/** Bars that lie, for names that are too long to stand below one. */
export function RowChart({ answer }: { answer: Answered }) {
  const format = chartFormat(answer)
  const points = pointsOf(answer)
  const { width: _, ...axis } = valueAxis(format)
  return (
    <ResponsiveContainer width="100%" height={Math.max(HEIGHT, points.length * ROW + 40)}>
      <BarChart data={points} layout="vertical" margin={{ top: 8, right: 16 }}>
        <CartesianGrid {...GRID} vertical horizontal={false} />
        <XAxis type="number" {...axis} />
        <YAxis type="category" dataKey="x" width={110} {...NAME_AXIS} interval={0} />
        <Tooltip {...tooltip(format)} />
        {answer.y.length > 1 && <Legend {...LEGEND} />}
        {seriesOf(answer).map(({ key, name, colour, pick }) => (
          <Bar
            key={key}
            name={name}
            dataKey={pick}
            fill={colour}
            radius={[0, 3, 3, 0]}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  )
}
