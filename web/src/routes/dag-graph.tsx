export function DagGraphPage() {
  return <h1>dag-graph</h1>
}
