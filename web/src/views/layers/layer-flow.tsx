// The layers as a flow. It is a picture that can be moved and not a graph that can be edited.

import {
  Background,
  Controls,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { useQuery } from '@tanstack/react-query'
import { edgeId, type Layout } from '../../graph/elk-graph.ts'
import { layOut } from '../../graph/elk-worker.ts'
import { RoutedEdge, type RoutedEdgeType } from '../../graph/routed-edge.tsx'
import { Answer } from '../../parts/answer.tsx'
import { textWidth } from '../../text/text-width.ts'
import type { Layer, Layers } from './layer.ts'
import { LayerCard } from './layer-card.tsx'
import { layerGraph } from './layer-graph.ts'

type LayerNode = Node<{ layer: Layer }, 'layer'>

function Box({ data }: NodeProps<LayerNode>) {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <LayerCard layer={data.layer} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  )
}

const NODE_TYPES = { layer: Box }
const EDGE_TYPES = { routed: RoutedEdge }
const FIT = { padding: 0.03, maxZoom: 1 }
const TITLE_REM = 1

export function LayerFlow(flow: Layers) {
  const graph = layerGraph(flow, (title) => textWidth(title, TITLE_REM) * BOLD)
  // Figures move every few seconds, and the boxes stay where they are.
  const layout = useQuery({
    queryKey: ['layer-layout', JSON.stringify(graph)],
    queryFn: () => layOut(graph),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    placeholderData: (previous) => previous,
  })
  return (
    <Answer query={layout} what="the flow">
      {(laidOut) => <Flow {...flow} layout={laidOut} />}
    </Answer>
  )
}

/** Letters of a title are bold. */
const BOLD = 1.08

function Flow({ layers, edges, layout }: Layers & { layout: Layout }) {
  const nodes = layers.flatMap((layer): LayerNode[] => {
    const box = layout.boxes.get(layer.id)
    if (!box) return []
    const { x, y, width, height } = box
    return [{ id: layer.id, type: 'layer', position: { x, y }, width, height, data: { layer } }]
  })
  const lagging = new Set(layers.filter(({ lag }) => (lag ?? 0) > 0).map(({ id }) => id))
  const lines = edges.flatMap(([source, target]): RoutedEdgeType[] => {
    const id = edgeId(source, target)
    const path = layout.paths.get(id)
    if (path === undefined) return []
    // Something is on its way.
    const animated = lagging.has(source)
    return [{ id, source, target, type: 'routed', data: { path }, animated, focusable: false }]
  })
  return (
    <section
      className="layer-flow card"
      aria-label="Layers and what they are filled from"
      style={{ aspectRatio: `${layout.width} / ${layout.height}` }}
    >
      <ReactFlow
        key={`${layout.width} ${layout.height}`}
        nodes={nodes}
        edges={lines}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        fitView
        fitViewOptions={FIT}
        minZoom={0.3}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  )
}
