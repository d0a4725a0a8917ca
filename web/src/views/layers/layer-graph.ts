// The layers as a graph for the layout: a column or more for each kind, as the data goes, and edges
// that run around the boxes.

import type { ElkNode } from 'elkjs/lib/elk-api.js'
import { elkGraph } from '../../graph/elk-graph.ts'
import { KINDS, type Layer, type Layers } from './layer.ts'

const NARROWEST = 190
const WIDEST = 340
/** Of styles/layers.css: what stands beside a title. */
const SIDES = 40
const TITLE = 44
const LINE = 23
/** A problem is a sentence or two. */
const PROBLEM_LINES = 5

/** @param widthOf a title's width in pixels */
export function layerGraph({ layers, edges }: Layers, widthOf: (title: string) => number): ElkNode {
  const shown = layers.filter(({ kind }) => kind !== undefined)
  const ids = new Set(shown.map(({ id }) => id))
  const widest = Math.max(0, ...shown.map(({ title }) => widthOf(title)))
  const width = Math.ceil(Math.min(WIDEST, Math.max(NARROWEST, widest + SIDES)))
  const boxes = shown.map((layer) => ({
    id: layer.id,
    width,
    height: heightOf(layer),
    options: { 'elk.partitioning.partition': String(KINDS.indexOf(layer.kind!)) },
  }))
  return elkGraph(
    boxes,
    edges.filter(([from, to]) => ids.has(from) && ids.has(to) && from !== to),
    {
      'elk.direction': 'RIGHT',
      'elk.partitioning.activate': 'true',
      // Boxes without edges keep to the column of their layer, too.
      'elk.separateConnectedComponents': 'false',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
    },
  )
}

function heightOf({ rows, newest_at, lag, quarantined, problem, dag_id }: Layer): number {
  const figures = [rows, newest_at, lag, quarantined].filter((value) => value !== null).length
  const lines = (problem === null ? figures : PROBLEM_LINES) + (dag_id === null ? 0 : 1)
  return TITLE + lines * LINE
}
