// What the charts of recharts have in common: colours of the page, axes and tooltips that read well.

import type { Answered } from '../views/dashboard/questions-query.ts'
import {
  axisText,
  type Format,
  formatOf,
  headingText,
  pointText,
  valueText,
} from './format-value.ts'

export const HEIGHT = 240
/** One month alone is no wall. */
export const WIDEST_BAR = 64

const COLOURS = 6

export function colourOf(index: number): string {
  return `var(--chart-${(index % COLOURS) + 1})`
}

export const GRID = { stroke: 'var(--line)', vertical: false }

export const NAME_AXIS = {
  tickFormatter: pointText,
  stroke: 'var(--muted)',
  tickLine: false,
  fontSize: 12,
  minTickGap: 18,
}

export function valueAxis(format: Format) {
  return {
    tickFormatter: (value: number) => axisText(value, format),
    stroke: 'var(--muted)',
    tickLine: false,
    axisLine: false,
    fontSize: 12,
    width: 46,
  }
}

/** In the colour of text: that of the series is too light for some of them. */
export const LEGEND = {
  formatter: (name: unknown) => <span className="chart-legend">{String(name)}</span>,
}

export function tooltip(format: Format) {
  return {
    formatter: (value: unknown) => valueText(value, format),
    labelFormatter: (label: unknown) => pointText(label),
    isAnimationActive: false,
    cursor: { fill: 'var(--hover)', stroke: 'var(--line-strong)' },
    contentStyle: {
      background: 'var(--raised)',
      border: '1px solid var(--line)',
      borderRadius: 'var(--radius-small)',
      color: 'var(--text)',
    },
    itemStyle: { color: 'var(--text)' },
  }
}

/** Of all series: they share the axis. */
export function chartFormat(answer: Answered): Format {
  return formatOf(answer, answer.y[0] ?? '')
}

export function seriesOf(answer: Answered) {
  return answer.y.map((name, index) => ({
    key: name,
    name: headingText(answer, name),
    colour: colourOf(index),
    pick: (point: { values: (number | null)[] }) => point.values[index] ?? null,
  }))
}
