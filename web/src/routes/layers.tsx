export function LayersPage() {
  return <h1>layers</h1>
}
