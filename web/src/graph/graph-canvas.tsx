// The graph of a DAG. Only the layout asks for the structure; the states of a run repaint the tasks
// where they stand.

import {
  Background,
  Controls,
  type Edge,
  MiniMap,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import type { DagGraph, TaskInstance } from '../api/types.ts'
import { Answer } from '../parts/answer.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { graphNodes } from './graph-nodes.ts'
import { type Box, type Direction, edgeId, layOut } from './layout-graph.ts'
import { TaskNode, type TaskNodeType } from './task-node.tsx'

const NODE_TYPES = { task: TaskNode }
const MAPPED_FROM = 40
const NARROW = 640

interface Props {
  graph: DagGraph
  runId: string | null
  instances: TaskInstance[]
}

export default function GraphCanvas({ graph, runId, instances }: Props) {
  const direction: Direction = window.innerWidth < NARROW ? 'DOWN' : 'RIGHT'
  const layout = useQuery({
    queryKey: ['layout', graph.dag_id, graph.version_number, direction],
    queryFn: () => layOut(graph, direction),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  })
  if (graph.tasks.length === 0)
    return <EmptyState title="No tasks">This version of the DAG has no tasks.</EmptyState>
  return (
    <Answer query={layout} what="the graph">
      {(boxes) => (
        <Flow
          key={`${graph.dag_id} ${graph.version_number}`}
          graph={graph}
          runId={runId}
          instances={instances}
          boxes={boxes}
          direction={direction}
        />
      )}
    </Answer>
  )
}

interface FlowProps extends Props {
  boxes: ReadonlyMap<string, Box>
  direction: Direction
}

function Flow({ graph, runId, instances, boxes, direction }: FlowProps) {
  const flow = useRef<ReactFlowInstance<TaskNodeType, Edge>>(null)
  const nodes = useMemo(
    () => graphNodes(graph, boxes, direction, runId, instances),
    [graph, boxes, direction, runId, instances],
  )
  const edges = useMemo(
    (): Edge[] =>
      graph.edges.map(([source, target]) => ({ id: edgeId(source, target), source, target })),
    [graph],
  )

  useEffect(() => {
    const fit = () => void flow.current?.fitView({ maxZoom: 1 })
    window.addEventListener('resize', fit)
    return () => window.removeEventListener('resize', fit)
  }, [])

  return (
    <div className="graph card">
      <ReactFlow
        aria-label={`Graph of ${graph.dag_id}`}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onInit={(instance) => {
          flow.current = instance
        }}
        fitView
        fitViewOptions={{ maxZoom: 1 }}
        minZoom={0.05}
        nodesDraggable={false}
        nodesConnectable={false}
        // Each task is a link, which is what the keyboard reaches.
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        onlyRenderVisibleElements={graph.tasks.length > MAPPED_FROM}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={24} />
        <Controls showInteractive={false} />
        {graph.tasks.length > MAPPED_FROM && (
          <MiniMap pannable zoomable nodeClassName={(node) => `map-${node.data.state}`} />
        )}
      </ReactFlow>
    </div>
  )
}
