// docs/benchmarks.svg: a bar per ratio on a logarithmic scale, with the spread of the rounds.

import type { Ratio } from './report.ts'

const WIDTH = 860
const LEFT = 400
const RIGHT = 70
const LINE = 26
const TOP = 44
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
const COLOURS = { kafka: '#15803d', redis: '#c2410c', postgres: '#1d4ed8' }

export function plot(ratios: readonly Ratio[]): string {
  const height = TOP + ratios.length * LINE + 20
  const lowest = Math.min(0.5, ...ratios.map(({ min }) => min))
  const highest = Math.max(2, ...ratios.map(({ max }) => max))
  const scale = (value: number) =>
    LEFT +
    ((Math.log(value) - Math.log(lowest)) / (Math.log(highest) - Math.log(lowest))) *
      (WIDTH - LEFT - RIGHT)
  const ticks = TICKS.filter((tick) => tick >= lowest && tick <= highest).map((tick) => {
    const x = scale(tick).toFixed(1)
    const strong = tick === 1 ? ' stroke="#111" stroke-width="1.5"' : ' stroke="#ddd"'
    return `<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${height - 16}"${strong}/>
<text x="${x}" y="${TOP - 14}" text-anchor="middle">${tick}</text>`
  })
  const bars = ratios.map(({ row, engine, median, min, max }, index) => {
    const y = TOP + index * LINE + LINE / 2
    const [from, to] = [scale(1), scale(median)].sort((a, b) => a - b) as [number, number]
    const colour = COLOURS[engine]
    return `<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${escaped(`${row.benchmark} ${row.title}`)}</text>
<rect x="${from.toFixed(1)}" y="${y - 7}" width="${Math.max(to - from, 1).toFixed(1)}" height="14" fill="${colour}"/>
<line x1="${scale(min).toFixed(1)}" y1="${y}" x2="${scale(max).toFixed(1)}" y2="${y}" stroke="#111"/>
<text x="${WIDTH - RIGHT + 12}" y="${y + 4}" fill="${colour}">× ${Number(median.toPrecision(2))}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="18" font-size="13">Terrace ÷ bare limit of the same run; 1 is the limit
<tspan fill="${COLOURS.redis}"> ■ Redis</tspan><tspan fill="${COLOURS.kafka}"> ■ Kafka</tspan><tspan fill="${COLOURS.postgres}"> ■ Postgres</tspan></text>
${ticks.join('\n')}
${bars.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
