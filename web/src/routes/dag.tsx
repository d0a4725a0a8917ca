import { Outlet } from '@tanstack/react-router'

export function DagPage() {
  return <Outlet />
}
