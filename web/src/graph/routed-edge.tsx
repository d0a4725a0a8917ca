import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react'

export type RoutedEdgeType = Edge<{ path: string }, 'routed'>

/** An edge on the way that the layout found for it: around the tasks, not behind them. */
export function RoutedEdge({ id, data }: EdgeProps<RoutedEdgeType>) {
  return <BaseEdge id={id} path={data?.path ?? ''} />
}
