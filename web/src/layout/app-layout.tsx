import { Outlet } from '@tanstack/react-router'
import { ConnectionBanner } from './connection-banner.tsx'
import { Header } from './header.tsx'

export function AppLayout() {
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <ConnectionBanner />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </>
  )
}
