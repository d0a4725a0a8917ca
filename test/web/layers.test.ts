// Where the boxes of the layers stand, by the same layout engine as in the browser.

import ELK from 'elkjs/lib/elk.bundled.js'
import { describe, expect, test } from 'vitest'
import { type Box, type Layout, readLayout } from '../../web/src/graph/elk-graph.ts'
import type { Layer, LayerKind } from '../../web/src/views/layers/layer.ts'
import { layerGraph } from '../../web/src/views/layers/layer-graph.ts'

const layer = (id: string, kind: LayerKind): Layer => ({
  id,
  title: id,
  kind,
  rows: 1,
  newest_at: null,
  freshness_seconds: null,
  lag: null,
  quarantined: null,
  problem: null,
  dag_id: null,
})

async function laidOut(layers: Layer[], edges: [string, string][]): Promise<Layout> {
  const graph = layerGraph({ layers, edges }, (title) => title.length * 9)
  return readLayout(await new ELK.default().layout(graph))
}

/** Points along a path of straight lines and curves. */
function pointsAlong(path: string): [number, number][] {
  const numbers = (text: string) => (text.match(/-?[\d.]+/g) ?? []).map(Number)
  const points: [number, number][] = []
  let at: [number, number] = [0, 0]
  for (const [, letter, rest] of path.matchAll(/([MLQC])([^MLQC]*)/g)) {
    const values = numbers(rest!)
    const stops = [at, ...Array.from({ length: values.length / 2 }, (_, i) => pair(values, i))]
    if (letter !== 'M')
      for (let t = 0; t <= 1; t += 0.02)
        points.push(bezier(letter === 'L' ? stops.slice(0, 2) : stops, t))
    at = pair(values, values.length / 2 - 1)
  }
  return points

  function pair(values: number[], i: number): [number, number] {
    return [values[2 * i]!, values[2 * i + 1]!]
  }
}

/** De Casteljau's construction. */
function bezier(stops: [number, number][], t: number): [number, number] {
  if (stops.length === 1) return stops[0]!
  const between = stops
    .slice(1)
    .map(([x, y], i): [number, number] => [
      stops[i]![0] * (1 - t) + x * t,
      stops[i]![1] * (1 - t) + y * t,
    ])
  return bezier(between, t)
}

const holds = ({ x, y, width, height }: Box, [px, py]: [number, number]) =>
  px > x + 1 && px < x + width - 1 && py > y + 1 && py < y + height - 1

describe('The flow of the layers', () => {
  test('goes from the log to the marts, and facts stand before what reads them', async () => {
    const layers = [
      layer('revenue', 'marts'),
      layer('fct_order', 'marts'),
      layer('orders', 'dds'),
      layer('topic', 'topic'),
    ]
    const { boxes } = await laidOut(layers, [
      ['topic', 'orders'],
      ['orders', 'fct_order'],
      ['fct_order', 'revenue'],
    ])
    const inOrder = [...boxes].toSorted(([, a], [, b]) => a.x - b.x).map(([id]) => id)
    expect(inOrder).toEqual(['topic', 'orders', 'fct_order', 'revenue'])
  })

  test('keeps a layer behind the one before it, also when nothing leads there', async () => {
    const { boxes } = await laidOut([layer('mart', 'marts'), layer('topic', 'topic')], [])
    expect(boxes.get('topic')!.x).toBeLessThan(boxes.get('mart')!.x)
  })

  test('takes boxes that read one another, and files that are wrong', async () => {
    const broken = { ...layer('broken', 'dds'), kind: undefined }
    const { kind: _, ...withoutKind } = broken
    const { boxes } = await laidOut(
      [layer('a', 'dds'), layer('b', 'dds'), withoutKind],
      [
        ['a', 'b'],
        ['b', 'a'],
        ['broken', 'a'],
      ],
    )
    expect([...boxes.keys()]).toEqual(['a', 'b'])
  })

  test('leads no edge behind a box', async () => {
    const facts = ['fct_event', 'fct_session', 'fct_order_line']
    const marts = Array.from({ length: 10 }, (_, n) => `mart_${n}`)
    const vault = ['hubs', 'links', 'satellites', 'events']
    const layers = [
      layer('topic', 'topic'),
      layer('raw', 'raw'),
      ...vault.map((id) => layer(id, 'dds')),
      ...[...facts, ...marts, 'late'].map((id) => layer(id, 'marts')),
    ]
    const edges: [string, string][] = [
      ['topic', 'raw'],
      ...vault.map((id): [string, string] => ['raw', id]),
      ...vault.flatMap((id) => facts.map((fact): [string, string] => [id, fact])),
      ...marts.map((mart, n): [string, string] => [facts[n % 3]!, mart]),
      ...marts.map((mart, n): [string, string] => [facts[(n + 1) % 3]!, mart]),
      ['mart_0', 'late'],
      ['fct_event', 'late'],
      ['hubs', 'late'],
    ]
    const { boxes, paths } = await laidOut(layers, edges)
    expect(paths.size).toBe(edges.length)
    const behind = [...paths].flatMap(([id, path]) =>
      [...boxes]
        .filter(([, box]) => pointsAlong(path).some((point) => holds(box, point)))
        .map(([box]) => `${id} runs behind ${box}`),
    )
    expect(behind).toEqual([])
  })
})
