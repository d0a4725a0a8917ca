// The layers of the project as a flow of boxes. What a box cannot be asked is its problem and hides none
// of the others.

import type { FastifyInstance } from 'fastify'
import { withoutPassword } from '../../../connections/environment.ts'
import { eachInLanes } from '../../../connections/side-by-side.ts'
import { type BrokenBox, type LayerBox, readLayers } from '../../project-files/layers.ts'
import { projectMarts, projectPath } from '../../project-files/manifest.ts'
import { KeptAnswers } from './kept-answers.ts'
import { type Figures, NO_FIGURES, readFigures } from './layer-figures.ts'
import { type ProjectReads, WAREHOUSE_CONNECTIONS } from './project-reads.ts'

const KEPT_MS = 5_000
const FOLDER = 'a folder, such as "./sql/layers"'

export function layerRoutes(app: FastifyInstance, project: ProjectReads | undefined): void {
  const kept = new KeptAnswers<Awaited<ReturnType<typeof readFlow>>>(KEPT_MS)
  app.get('/layers', () => {
    if (!project) return { layers: [], edges: [] }
    return kept.get('', () => readFlow(project))
  })
}

async function readFlow(project: ProjectReads) {
  const folder = projectPath(project.folder, 'layers', FOLDER)
  const boxes = folder === null ? [] : readLayers(folder, projectMarts(project.folder))
  return {
    layers: await readBoxes(project, boxes),
    edges: boxes.flatMap((box) =>
      'problem' in box ? [] : box.reads.map((from): [string, string] => [from, box.id]),
    ),
  }
}

/** As many at once as there are connections: a box that waited for one would count as unanswered. */
async function readBoxes(project: ProjectReads, boxes: readonly (LayerBox | BrokenBox)[]) {
  const read: Awaited<ReturnType<typeof readBox>>[] = []
  await eachInLanes(boxes.entries(), WAREHOUSE_CONNECTIONS, async ([n, box]) => {
    read[n] = await readBox(project, box)
  })
  return read
}

async function readBox(project: ProjectReads, box: LayerBox | BrokenBox) {
  if ('problem' in box) return boxShape({ ...box, title: box.id, dagId: null }, box.problem)
  try {
    return boxShape(box, null, await readFigures(project, box))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return boxShape(box, withoutPassword(`${box.file}: ${why || 'no answer'}`))
  }
}

function boxShape(
  { id, title, kind, dagId }: Pick<LayerBox, 'id' | 'title' | 'kind' | 'dagId'>,
  problem: string | null,
  { rows, newestAt, lag, quarantined }: Figures = NO_FIGURES,
) {
  return {
    id,
    title,
    kind,
    rows,
    newest_at: newestAt,
    freshness_seconds: newestAt && Math.max(0, (Date.now() - newestAt.getTime()) / 1_000),
    lag,
    quarantined,
    problem,
    dag_id: dagId,
  }
}
