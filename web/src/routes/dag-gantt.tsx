export function DagGanttPage() {
  return <h1>dag-gantt</h1>
}
