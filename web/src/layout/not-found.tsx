import { Link } from '@tanstack/react-router'
import { EmptyState } from '../parts/empty-state.tsx'

export function NotFound() {
  return (
    <EmptyState title="There is no such page">
      The address leads nowhere. <Link to="/">Back to the DAGs</Link>
    </EmptyState>
  )
}
