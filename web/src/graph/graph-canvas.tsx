// The graph of a DAG. Only the layout asks for the structure; the states of a run repaint the tasks
// where they stand.

import { Background, Controls, MiniMap, ReactFlow, type ReactFlowInstance } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import type { DagGraph, TaskInstance } from '../api/types.ts'
import { Answer } from '../parts/answer.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { edgeId, type Layout } from './elk-graph.ts'
import { graphNodes } from './graph-nodes.ts'
import { type Direction, layOutDag } from './layout-graph.ts'
import { RoutedEdge, type RoutedEdgeType } from './routed-edge.tsx'
import { TaskNode, type TaskNodeType } from './task-node.tsx'

const NODE_TYPES = { task: TaskNode }
const EDGE_TYPES = { routed: RoutedEdge }
const SMALLEST = 0.05
const FIT = { maxZoom: 1, minZoom: SMALLEST, padding: 0.04 }
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
    queryFn: () => layOutDag(graph, direction),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  })
  if (graph.tasks.length === 0)
    return <EmptyState title="No tasks">This version of the DAG has no tasks.</EmptyState>
  return (
    <Answer query={layout} what="the graph">
      {(laidOut) => (
        <Flow
          key={`${graph.dag_id} ${graph.version_number}`}
          graph={graph}
          runId={runId}
          instances={instances}
          layout={laidOut}
          direction={direction}
        />
      )}
    </Answer>
  )
}

interface FlowProps extends Props {
  layout: Layout
  direction: Direction
}

function Flow({ graph, runId, instances, layout, direction }: FlowProps) {
  const flow = useRef<ReactFlowInstance<TaskNodeType, RoutedEdgeType>>(null)
  const nodes = useMemo(
    () => graphNodes(graph, layout.boxes, direction, runId, instances),
    [graph, layout, direction, runId, instances],
  )
  const edges = useMemo(
    () =>
      graph.edges.map(([source, target]): RoutedEdgeType => {
        const id = edgeId(source, target)
        return { id, source, target, type: 'routed', data: { path: layout.paths.get(id) ?? '' } }
      }),
    [graph, layout],
  )

  useEffect(() => {
    const fit = () => void flow.current?.fitView(FIT)
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
        edgeTypes={EDGE_TYPES}
        onInit={(instance) => {
          flow.current = instance
        }}
        fitView
        fitViewOptions={FIT}
        minZoom={SMALLEST}
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
