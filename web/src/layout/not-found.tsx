import { Link } from '@tanstack/react-router'

export function NotFound() {
  return (
    <main className="empty">
      <h1>There is no such page</h1>
      <p>
        The address leads nowhere. <Link to="/">Back to the DAGs</Link>
      </p>
    </main>
  )
}
