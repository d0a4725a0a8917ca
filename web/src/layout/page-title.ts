// What the browser's tab says: the thing that is looked at first, since a tab shows little of it.

const NAMES: Record<string, string> = {
  login: 'Log in',
  layers: 'Layers',
  dashboard: 'Dashboard',
  engines: 'Engines',
  alerts: 'Alerts',
  'import-errors': 'Import errors',
  audit: 'Audit log',
}

export function pageTitle(address: string): string {
  const [view = '', dagId, , runId, , taskId] = address.split('/').slice(1).map(decodeURIComponent)
  const about = view === 'dags' ? [taskId, taskId ? null : runId, dagId] : [NAMES[view] ?? 'DAGs']
  return [...about.filter(Boolean), 'Terrace'].join(' · ')
}
