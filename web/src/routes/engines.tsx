export function EnginesPage() {
  return <h1>engines</h1>
}
