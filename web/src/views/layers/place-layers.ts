// Where each box stands: a column a layer, left to right as the data goes, boxes of a column below one
// another and each column centred.

import { KINDS, type Layer } from './layers-query.ts'

export const BOX_WIDTH = 230
const BOX_HEIGHT = 150
const COLUMN_GAP = 90
const ROW_GAP = 20

export interface Placed {
  layer: Layer
  x: number
  y: number
}

export function placeLayers(layers: readonly Layer[]): Placed[] {
  const columns = KINDS.map((kind) => layers.filter((layer) => layer.kind === kind)).filter(
    (column) => column.length > 0,
  )
  const tallest = Math.max(0, ...columns.map(({ length }) => length))
  return columns.flatMap((column, across) =>
    column.map((layer, down) => ({
      layer,
      x: across * (BOX_WIDTH + COLUMN_GAP),
      y: (down + (tallest - column.length) / 2) * (BOX_HEIGHT + ROW_GAP),
    })),
  )
}
