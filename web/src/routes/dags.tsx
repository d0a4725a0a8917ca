export function DagsPage() {
  return <h1>dags</h1>
}
