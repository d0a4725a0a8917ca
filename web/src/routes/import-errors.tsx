export function ImportErrorsPage() {
  return <h1>import-errors</h1>
}
