// The layers as a flow. It is a picture that can be moved and not a graph that can be edited.

import {
  Background,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import type { Layer, Layers } from './layer.ts'
import { LayerCard } from './layer-card.tsx'
import { BOX_WIDTH, placeLayers } from './place-layers.ts'

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

export function LayerFlow({ layers, edges }: Layers) {
  const nodes: LayerNode[] = placeLayers({ layers, edges }).map(({ layer, x, y }) => ({
    id: layer.id,
    type: 'layer',
    position: { x, y },
    width: BOX_WIDTH,
    data: { layer },
  }))
  const lagging = new Set(layers.filter(({ lag }) => (lag ?? 0) > 0).map(({ id }) => id))
  const lines: Edge[] = edges.map(([source, target]) => ({
    id: `${source} ${target}`,
    source,
    target,
    // Something is on its way.
    animated: lagging.has(source),
    focusable: false,
  }))
  return (
    <section className="layer-flow card" aria-label="Layers and what they are filled from">
      <ReactFlow
        nodes={nodes}
        edges={lines}
        nodeTypes={NODE_TYPES}
        fitView
        fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
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
