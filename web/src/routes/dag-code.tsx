export function DagCodePage() {
  return <h1>dag-code</h1>
}
