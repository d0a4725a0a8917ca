export function DagRunsPage() {
  return <h1>dag-runs</h1>
}
