// Addresses of runs and tasks as text, for places that show hundreds of links: a plain <a> inside a
// LinkArea costs a tenth of a router Link.

import { path } from './api/client.ts'

export function runAddress(dagId: string, runId: string): string {
  return path`/dags/${dagId}/runs/${runId}`
}

export function taskAddress(dagId: string, runId: string, taskId: string, mapIndex = -1): string {
  const address = path`/dags/${dagId}/runs/${runId}/tasks/${taskId}`
  return mapIndex === -1 ? address : `${address}?map_index=${mapIndex}`
}
