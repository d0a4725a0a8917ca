import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  Legend,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import type { Answered } from '../views/dashboard/questions-query.ts'
import { pointsOf } from './chart-data.ts'
import {
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
  const { display, y, format } = answer
  return (
    <ResponsiveContainer width="100%" height={HEIGHT}>
      <ComposedChart data={pointsOf(answer)} margin={{ top: 8, right: 8 }}>
        <CartesianGrid {...GRID} />
        <XAxis dataKey="x" {...NAME_AXIS} />
        <YAxis {...valueAxis(format)} />
        <Tooltip {...tooltip(format)} />
        {y.length > 1 && <Legend {...LEGEND} />}
        {seriesOf(y).map(({ key, name, colour, pick }) => {
          const shared = { name, dataKey: pick, isAnimationActive: false }
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
            return <Line key={key} {...shared} stroke={colour} strokeWidth={2} dot={false} />
          return (
            <Area
              key={key}
              {...shared}
              stackId="all"
              stroke={colour}
              strokeWidth={2}
              fill={colour}
              fillOpacity={0.25}
            />
          )
        })}
      </ComposedChart>
    </ResponsiveContainer>
  )
}
