import type { ErrorComponentProps } from '@tanstack/react-router'
import { Problem } from '../parts/problem.tsx'

export function RouteProblem({ error, reset }: ErrorComponentProps) {
  return (
    <Problem error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
  )
}
