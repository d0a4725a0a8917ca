import { Link } from '@tanstack/react-router'
import { ConnectionState } from './connection-state.tsx'
import { ThemeSwitch } from './theme-switch.tsx'
import { UserMenu } from './user-menu.tsx'

const VIEWS = [
  ['/', 'DAGs'],
  ['/layers', 'Layers'],
  ['/dashboard', 'Dashboard'],
  ['/engines', 'Engines'],
  ['/alerts', 'Alerts'],
  ['/import-errors', 'Import errors'],
  ['/audit', 'Audit log'],
] as const

export function Header() {
  return (
    <header className="header">
      <Link to="/" className="brand">
        <img src="/favicon.svg" alt="" width="22" height="22" />
        Terrace
      </Link>
      <nav aria-label="Views" className="views">
        {VIEWS.map(([to, label]) => (
          <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
            {label}
          </Link>
        ))}
      </nav>
      <div className="header-end">
        <ConnectionState />
        <ThemeSwitch />
        <UserMenu />
      </div>
    </header>
  )
}
