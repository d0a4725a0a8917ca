export function DagGridPage() {
  return <h1>dag-grid</h1>
}
