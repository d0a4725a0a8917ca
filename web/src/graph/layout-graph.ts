// Where the tasks of a graph stand: ELK's layered layout, in a worker of its own, so that a graph of
// hundreds of tasks does not hold up the page.

import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js'
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
const LETTER = 8.6

const elk = new ELK({ workerUrl })

export async function layOut(
  graph: DagGraph,
  direction: Direction,
): Promise<ReadonlyMap<string, Box>> {
  const laidOut = await elk.layout({
    id: 'graph',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': direction,
      'elk.spacing.nodeNode': '22',
      'elk.layered.spacing.nodeNodeBetweenLayers': '60',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
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
  return new Map(laidOut.children?.map((node) => [node.id, boxOf(node)]))
}

export function edgeId(from: string, to: string): string {
  return `${from}>${to}`
}

function boxOf({ x = 0, y = 0, width = 0, height = 0 }: ElkNode): Box {
  return { x, y, width, height }
}
