import { describe, expect, test } from 'vitest'
import type { Layer, LayerKind } from '../../web/src/views/layers/layer.ts'
import { placeLayers } from '../../web/src/views/layers/place-layers.ts'

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

/** Ids of each column, from left to right. */
function columnsOf(layers: Layer[], edges: [string, string][]): string[][] {
  const columns = new Map<number, string[]>()
  for (const { layer, x } of placeLayers({ layers, edges }))
    columns.set(x, [...(columns.get(x) ?? []), layer.id])
  return [...columns.entries()].sort(([a], [b]) => a - b).map(([, ids]) => ids)
}

describe('The flow of the layers', () => {
  test('goes from the log to the marts, and facts stand before what reads them', () => {
    const layers = [
      layer('revenue', 'marts'),
      layer('fct_order', 'marts'),
      layer('orders', 'dds'),
      layer('topic', 'topic'),
    ]
    const edges: [string, string][] = [
      ['topic', 'orders'],
      ['orders', 'fct_order'],
      ['fct_order', 'revenue'],
    ]
    expect(columnsOf(layers, edges)).toEqual([['topic'], ['orders'], ['fct_order'], ['revenue']])
  })

  test('shows boxes that read one another side by side', () => {
    const layers = [layer('a', 'dds'), layer('b', 'dds')]
    const columns = columnsOf(layers, [
      ['a', 'b'],
      ['b', 'a'],
    ])
    expect(columns).toEqual([['a', 'b']])
  })

  test('spreads many boxes of a layer evenly over columns', () => {
    const layers = Array.from({ length: 11 }, (_, n) => layer(`mart_${n}`, 'marts'))
    expect(columnsOf(layers, []).map(({ length }) => length)).toEqual([4, 4, 3])
  })
})
