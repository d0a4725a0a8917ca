// Where each box stands: layer beside layer as the data goes. A layer takes a column for each step
// within it (facts before the marts that read them), and as many as it takes to stay readable on one
// screen.

import { KINDS, type Layer, type Layers } from './layer.ts'

export const BOX_WIDTH = 230
const BOX_HEIGHT = 150
const LAYER_GAP = 90
const GAP = 40
const MOST_ROWS = 5

export interface Placed {
  layer: Layer
  x: number
  y: number
}

export function placeLayers({ layers, edges }: Layers): Placed[] {
  const columns = KINDS.flatMap((kind) =>
    stepsOf(
      layers.filter((layer) => layer.kind === kind),
      edges,
    ).flatMap(wrapped),
  )
  const tallest = Math.max(0, ...columns.map(({ length }) => length))
  let x = 0
  return columns.flatMap((column, index) => {
    const sameLayer = columns[index + 1]?.[0]?.kind === column[0]?.kind
    const left = x
    x += BOX_WIDTH + (sameLayer ? GAP : LAYER_GAP)
    return column.map((layer, row) => ({
      layer,
      x: left,
      y: (row + (tallest - column.length) / 2) * (BOX_HEIGHT + GAP / 2),
    }))
  })
}

/** Boxes that read none of the others, then those that read these alone, and so on. */
function stepsOf(layers: Layer[], edges: Layers['edges']): Layer[][] {
  const rest = new Set(layers.map(({ id }) => id))
  const waits = ({ id }: Layer) => edges.some(([from, to]) => to === id && rest.has(from))
  const steps: Layer[][] = []
  let left = layers
  while (left.length > 0) {
    const ready = left.filter((layer) => !waits(layer))
    // Boxes that read one another have no order.
    const step = ready.length > 0 ? ready : left
    steps.push(step)
    left = left.filter((layer) => !step.includes(layer))
    for (const { id } of step) rest.delete(id)
  }
  return steps
}

function wrapped(layers: Layer[]): Layer[][] {
  const rows = Math.ceil(layers.length / Math.ceil(layers.length / MOST_ROWS))
  const columns: Layer[][] = []
  for (let at = 0; at < layers.length; at += rows) columns.push(layers.slice(at, at + rows))
  return columns
}
