// ELK in a worker of its own, so that a graph of hundreds of tasks does not hold up the page.

import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import { type Layout, readLayout } from './elk-graph.ts'

const elk = new ELK({ workerUrl })

export async function layOut(graph: ElkNode): Promise<Layout> {
  return readLayout(await elk.layout(graph))
}
