// Where each box stands: layer beside layer as the data goes, boxes of a layer below one another, in as
// many columns as it takes to stay readable on one screen.

import { KINDS, type Layer } from './layers-query.ts'

export const BOX_WIDTH = 230
const BOX_HEIGHT = 150
const LAYER_GAP = 90
const GAP = 20
const MOST_ROWS = 5

export interface Placed {
  layer: Layer
  x: number
  y: number
}

export function placeLayers(layers: readonly Layer[]): Placed[] {
  const columns = KINDS.flatMap((kind) => columnsOf(layers.filter((layer) => layer.kind === kind)))
  const tallest = Math.max(0, ...columns.map(({ length }) => length))
  let x = 0
  return columns.flatMap((column, index) => {
    const sameLayer = columns[index + 1]?.[0]?.kind === column[0]?.kind
    const left = x
    x += BOX_WIDTH + (sameLayer ? GAP : LAYER_GAP)
    return column.map((layer, row) => ({
      layer,
      x: left,
      y: (row + (tallest - column.length) / 2) * (BOX_HEIGHT + GAP),
    }))
  })
}

function columnsOf(layers: Layer[]): Layer[][] {
  const rows = Math.ceil(layers.length / Math.ceil(layers.length / MOST_ROWS))
  const columns: Layer[][] = []
  for (let at = 0; at < layers.length; at += rows) columns.push(layers.slice(at, at + rows))
  return columns
}
