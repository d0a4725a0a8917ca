export function AlertsPage() {
  return <h1>alerts</h1>
}
