// Every view of the page and its address. A view's file is fetched when it is first opened.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { queryClient } from './api/query-client.ts'
import { RUN_STATES } from './api/run-states.ts'
import { sessionQuery } from './api/session.ts'
import type { RunState } from './api/types.ts'
import { AppLayout } from './layout/app-layout.tsx'
import { NotFound } from './layout/not-found.tsx'
import { RoutePending } from './layout/route-pending.tsx'
import { RouteProblem } from './layout/route-problem.tsx'

export interface DagsSearch {
  search?: string
  tag?: string
  state?: RunState
  paused?: boolean
  page?: number
}

export interface AuditSearch {
  dag?: string
  owner?: string
  page?: number
}

function stateOf(search: Record<string, unknown>): { state?: RunState } {
  const state = RUN_STATES.find((one) => one === search.state)
  return state === undefined ? {} : { state }
}

function pageOf({ page }: Record<string, unknown>): { page?: number } {
  return Number.isInteger(page) && Number(page) > 0 ? { page: Number(page) } : {}
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { problem?: string; next?: string } => ({
    ...(search.problem === 'link_used' && { problem: search.problem }),
    // Only an address of this page: never `//elsewhere`.
    ...(typeof search.next === 'string' &&
      /^\/(?![/\\])/.test(search.next) && { next: search.next }),
  }),
  component: lazyRouteComponent(() => import('./routes/login.tsx'), 'LoginPage'),
})

const loginLink = createRoute({
  getParentRoute: () => root,
  path: '/login/$token',
  component: lazyRouteComponent(() => import('./routes/login-link.tsx'), 'LoginLinkPage'),
})

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: AppLayout,
  beforeLoad: async ({ location }) => {
    await queryClient.ensureQueryData(sessionQuery).catch((error: unknown) => {
      if ((error as { code?: string }).code !== 'not_logged_in') throw error
      throw redirect({ to: '/login', search: { next: location.href } })
    })
  },
})

const dags = createRoute({
  getParentRoute: () => app,
  path: '/',
  validateSearch: (search: Record<string, unknown>): DagsSearch => ({
    ...(typeof search.search === 'string' && search.search !== '' && { search: search.search }),
    ...(typeof search.tag === 'string' && { tag: search.tag }),
    ...stateOf(search),
    ...(typeof search.paused === 'boolean' && { paused: search.paused }),
    ...pageOf(search),
  }),
  component: lazyRouteComponent(() => import('./routes/dags.tsx'), 'DagsPage'),
})

const dag = createRoute({
  getParentRoute: () => app,
  path: '/dags/$dagId',
  component: lazyRouteComponent(() => import('./routes/dag.tsx'), 'DagPage'),
})

const dagIndex = createRoute({
  getParentRoute: () => dag,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/dags/$dagId/grid', params, replace: true })
  },
})

/** The run that a view of a DAG shows; the newest without one. */
const runSearch = (search: Record<string, unknown>): { run?: string } =>
  typeof search.run === 'string' ? { run: search.run } : {}

const dagGrid = createRoute({
  getParentRoute: () => dag,
  path: '/grid',
  component: lazyRouteComponent(() => import('./routes/dag-grid.tsx'), 'DagGridPage'),
})

const dagGraph = createRoute({
  getParentRoute: () => dag,
  path: '/graph',
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import('./routes/dag-graph.tsx'), 'DagGraphPage'),
})

const dagGantt = createRoute({
  getParentRoute: () => dag,
  path: '/gantt',
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import('./routes/dag-gantt.tsx'), 'DagGanttPage'),
})

const dagCode = createRoute({
  getParentRoute: () => dag,
  path: '/code',
  validateSearch: (search: Record<string, unknown>): { version?: number } =>
    Number.isInteger(search.version) ? { version: search.version as number } : {},
  component: lazyRouteComponent(() => import('./routes/dag-code.tsx'), 'DagCodePage'),
})

const dagRuns = createRoute({
  getParentRoute: () => dag,
  path: '/runs',
  validateSearch: (search: Record<string, unknown>): { state?: RunState; page?: number } => ({
    ...stateOf(search),
    ...pageOf(search),
  }),
  component: lazyRouteComponent(() => import('./routes/dag-runs.tsx'), 'DagRunsPage'),
})

const run = createRoute({
  getParentRoute: () => app,
  path: '/dags/$dagId/runs/$runId',
  component: lazyRouteComponent(() => import('./routes/run.tsx'), 'RunPage'),
})

const task = createRoute({
  getParentRoute: () => app,
  path: '/dags/$dagId/runs/$runId/tasks/$taskId',
  validateSearch: (search: Record<string, unknown>): { try?: number; map_index?: number } => ({
    ...(Number.isInteger(search.try) && { try: search.try as number }),
    ...(Number.isInteger(search.map_index) && { map_index: search.map_index as number }),
  }),
  component: lazyRouteComponent(() => import('./routes/task.tsx'), 'TaskPage'),
})

const importErrors = createRoute({
  getParentRoute: () => app,
  path: '/import-errors',
  component: lazyRouteComponent(() => import('./routes/import-errors.tsx'), 'ImportErrorsPage'),
})

const layers = createRoute({
  getParentRoute: () => app,
  path: '/layers',
  component: lazyRouteComponent(() => import('./routes/layers.tsx'), 'LayersPage'),
})

const dashboard = createRoute({
  getParentRoute: () => app,
  path: '/dashboard',
  component: lazyRouteComponent(() => import('./routes/dashboard.tsx'), 'DashboardPage'),
})

const engines = createRoute({
  getParentRoute: () => app,
  path: '/engines',
  component: lazyRouteComponent(() => import('./routes/engines.tsx'), 'EnginesPage'),
})

const alerts = createRoute({
  getParentRoute: () => app,
  path: '/alerts',
  component: lazyRouteComponent(() => import('./routes/alerts.tsx'), 'AlertsPage'),
})

const audit = createRoute({
  getParentRoute: () => app,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>): AuditSearch => ({
    ...(typeof search.dag === 'string' && { dag: search.dag }),
    ...(typeof search.owner === 'string' && { owner: search.owner }),
    ...pageOf(search),
  }),
  component: lazyRouteComponent(() => import('./routes/audit.tsx'), 'AuditPage'),
})

const dagTree = dag.addChildren([dagIndex, dagGrid, dagGraph, dagGantt, dagCode, dagRuns])
const appTree = app.addChildren([
  dags,
  dagTree,
  run,
  task,
  importErrors,
  layers,
  dashboard,
  engines,
  alerts,
  audit,
])

export const router = createRouter({
  routeTree: root.addChildren([login, loginLink, appTree]),
  defaultPreload: 'intent',
  defaultErrorComponent: RouteProblem,
  defaultPendingComponent: RoutePending,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
