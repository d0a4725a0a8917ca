export function TaskPage() {
  return <h1>task</h1>
}
