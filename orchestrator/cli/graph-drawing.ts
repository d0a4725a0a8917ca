// A DAG's graph as a tree of text. A task with several upstreams stands in full below the first of
// them; below the others only its name, with a mark.

import { counted } from '../counted.ts'
import type { SerializedDag, SerializedTask } from '../graph/serialized-dag.ts'
import { printable } from './output.ts'

export function drawGraph(dag: SerializedDag): string {
  const below = new Map<string, string[]>(dag.tasks.map((task) => [task.taskId, []]))
  const withUpstream = new Set<string>()
  for (const [upstream, downstream] of dag.edges) {
    below.get(upstream)?.push(downstream)
    withUpstream.add(downstream)
  }
  const tasks = new Map(dag.tasks.map((task) => [task.taskId, task]))
  const drawn = new Set<string>()
  const lines: string[] = []

  // An explicit stack: a chain of thousands of tasks must not overflow the call stack.
  const roots = dag.tasks.filter((task) => !withUpstream.has(task.taskId))
  const stack = roots.toReversed().map((task) => ({ id: task.taskId, lead: '', branch: '' }))
  for (let item = stack.pop(); item; item = stack.pop()) {
    const { id, lead, branch } = item
    const children = below.get(id) ?? []
    const again = drawn.has(id)
    const mark = again && children.length > 0 ? ' (continued above)' : ''
    lines.push(`${lead}${branch}${id}${again ? mark : describe(tasks.get(id))}`)
    if (again) continue
    drawn.add(id)
    const inner = branch === '' ? lead : lead + (branch.startsWith('└') ? '   ' : '│  ')
    children.toReversed().forEach((child, i) => {
      stack.push({ id: child, lead: inner, branch: i === 0 ? '└─ ' : '├─ ' })
    })
  }

  const facts = [
    dag.schedule.summary || 'no schedule',
    counted(dag.tasks.length, 'task'),
    ...(dag.description ? [printable(dag.description)] : []),
  ]
  return [`${dag.dagId}: ${facts.join(' · ')}`, '', ...lines].join('\n')
}

function describe(task: SerializedTask | undefined): string {
  if (!task) return ''
  const facts = [
    ...(task.kind === 'task' ? [] : [task.kind]),
    ...(task.triggerRule === 'all_success' ? [] : [task.triggerRule]),
    ...(task.retries > 0 ? [counted(task.retries, 'retry', 'retries')] : []),
    ...(task.outlets.length > 0 ? [`→ ${task.outlets.map(printable).join(', ')}`] : []),
  ]
  return facts.length > 0 ? `  [${facts.join('; ')}]` : ''
}
