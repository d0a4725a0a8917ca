// Where the tasks of a graph stand and how its edges run between them: ELK's layered layout, in a
// worker of its own, so that a graph of hundreds of tasks does not hold up the page.

import ELK, { type ElkEdgeSection, type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import type { DagGraph } from '../api/types.ts'

export type Direction = 'RIGHT' | 'DOWN'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

const HEIGHT = 54
/** From here on the straighter placement takes too long: 2.2 s against 0.9 s for 300 tasks. */
const LARGE = 80
const LETTER = 9.2

const elk = new ELK({ workerUrl })

export interface Layout {
  boxes: ReadonlyMap<string, Box>
  /** The path of each edge, as SVG writes it. */
  paths: ReadonlyMap<string, string>
}

export async function layOut(graph: DagGraph, direction: Direction): Promise<Layout> {
  const laidOut = await elk.layout({
    id: 'graph',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': direction,
      'elk.edgeRouting': 'SPLINES',
      'elk.spacing.nodeNode': '22',
      'elk.layered.spacing.nodeNodeBetweenLayers': '60',
      'elk.layered.nodePlacement.strategy':
        graph.tasks.length < LARGE ? 'NETWORK_SIMPLEX' : 'BRANDES_KOEPF',
    },
    children: graph.tasks.map(({ task_id: id }) => ({
      id,
      width: Math.min(320, Math.max(176, id.length * LETTER + 40)),
      height: HEIGHT,
    })),
    edges: graph.edges.map(([from, to]) => ({
      id: edgeId(from, to),
      sources: [from],
      targets: [to],
    })),
  })
  return {
    boxes: new Map(laidOut.children?.map((node) => [node.id, boxOf(node)])),
    paths: new Map(laidOut.edges?.map((edge) => [edge.id, pathOf(edge)])),
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
