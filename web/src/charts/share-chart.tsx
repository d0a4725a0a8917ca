import { Legend, Pie, PieChart, ResponsiveContainer, Tooltip } from 'recharts'
import type { Answered } from '../views/dashboard/questions-query.ts'
import { pointsOf, slicesOf } from './chart-data.ts'
import { chartFormat, colourOf, HEIGHT, LEGEND, tooltip } from './chart-parts.tsx'

/** Shares of a whole. */
export function ShareChart({ answer }: { answer: Answered }) {
  const slices = slicesOf(pointsOf(answer)).map((slice, index) => ({
    ...slice,
    fill: colourOf(index),
  }))
  return (
    <ResponsiveContainer width="100%" height={HEIGHT}>
      <PieChart>
        <Pie
          data={slices}
          dataKey="value"
          nameKey="name"
          innerRadius="55%"
          stroke="var(--card)"
          isAnimationActive={false}
        />
        <Tooltip {...tooltip(chartFormat(answer))} />
        <Legend {...LEGEND} />
      </PieChart>
    </ResponsiveContainer>
  )
}
