// A graph as ELK's layered layout takes it and gives it back: where its boxes stand, and how its edges
// run around them.

import type { ElkEdgeSection, ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api.js'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Layout {
  width: number
  height: number
  boxes: ReadonlyMap<string, Box>
  /** The path of each edge, as SVG writes it. */
  paths: ReadonlyMap<string, string>
}

interface GraphBox {
  id: string
  width: number
  height: number
  options?: LayoutOptions
}

/** @param edges [from, to] by the ids of the boxes */
export function elkGraph(
  boxes: readonly GraphBox[],
  edges: readonly (readonly [string, string])[],
  options: LayoutOptions,
): ElkNode {
  return {
    id: 'graph',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.edgeRouting': 'SPLINES',
      'elk.spacing.nodeNode': '22',
      'elk.layered.spacing.nodeNodeBetweenLayers': '60',
      ...options,
    },
    children: boxes.map(({ id, width, height, options: own }) => ({
      id,
      width,
      height,
      ...(own && { layoutOptions: own }),
    })),
    edges: edges.map(([from, to]) => ({ id: edgeId(from, to), sources: [from], targets: [to] })),
  }
}

export function readLayout({ width = 0, height = 0, children, edges }: ElkNode): Layout {
  return {
    width,
    height,
    boxes: new Map(children?.map((node) => [node.id, boxOf(node)])),
    paths: new Map(edges?.map((edge) => [edge.id, pathOf(edge)])),
  }
}

export function edgeId(from: string, to: string): string {
  return `${from}>${to}`
}

function boxOf({ x = 0, y = 0, width = 0, height = 0 }: ElkNode): Box {
  return { x, y, width, height }
}

function pathOf({ sections = [] }: ElkExtendedEdge): string {
  return sections.map(curveOf).join(' ')
}

/** After its start, a spline's points come in threes: two that pull and one that it passes. */
function curveOf({ startPoint, bendPoints = [], endPoint }: ElkEdgeSection): string {
  const points = [...bendPoints, endPoint].map(({ x, y }) => `${x} ${y}`)
  let path = `M ${startPoint.x} ${startPoint.y}`
  for (let i = 0; i < points.length; i += 3) {
    const part = points.slice(i, i + 3)
    path += ` ${' LQC'[part.length]} ${part.join(', ')}`
  }
  return path
}
