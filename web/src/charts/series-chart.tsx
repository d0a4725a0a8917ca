import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  type DotItemDotProps,
  Legend,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import type { Answered } from '../views/dashboard/questions-query.ts'
import { isLone, pointsOf } from './chart-data.ts'
import {
  chartFormat,
  GRID,
  HEIGHT,
  LEGEND,
  NAME_AXIS,
  seriesOf,
  tooltip,
  valueAxis,
  WIDEST_BAR,
} from './chart-parts.tsx'

/** Lines, areas or bars over an axis of days or names. */
export function SeriesChart({ answer }: { answer: Answered }) {
  const { display } = answer
  const format = chartFormat(answer)
  const points = pointsOf(answer)
  return (
    <ResponsiveContainer width="100%" height={HEIGHT}>
      <ComposedChart data={points} margin={{ top: 8, right: 8 }}>
        <CartesianGrid {...GRID} />
        <XAxis dataKey="x" {...NAME_AXIS} />
        <YAxis {...valueAxis(format)} />
        <Tooltip {...tooltip(format)} />
        {answer.y.length > 1 && <Legend {...LEGEND} />}
        {seriesOf(answer).map(({ key, name, colour, pick }, series) => {
          const shared = { name, dataKey: pick, isAnimationActive: false }
          // A line needs two points: one between gaps would not be seen.
          const dot = ({ key: dotKey, cx, cy, index }: DotItemDotProps) =>
            isLone(points, series, index) && cx !== undefined && cy !== undefined ? (
              <circle key={dotKey} cx={cx} cy={cy} r={4} fill={colour} />
            ) : (
              <g key={dotKey} />
            )
          if (display === 'bar')
            return (
              <Bar
                key={key}
                {...shared}
                fill={colour}
                radius={[3, 3, 0, 0]}
                maxBarSize={WIDEST_BAR}
              />
            )
          if (display === 'line')
            return <Line key={key} {...shared} stroke={colour} strokeWidth={2} dot={dot} />
          return (
            <Area
              key={key}
              {...shared}
              stackId="all"
              stroke={colour}
              strokeWidth={2}
              fill={colour}
              fillOpacity={0.25}
              dot={dot}
            />
          )
        })}
      </ComposedChart>
    </ResponsiveContainer>
  )
}
