import { useQuery } from '@tanstack/react-query'
import { Answer } from '../parts/answer.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import type { Layer } from '../views/layers/layer.ts'
import { LayerFlow } from '../views/layers/layer-flow.tsx'
import { LayerList } from '../views/layers/layer-list.tsx'
import '../views/layers/layers.css'
import { layersQuery } from '../views/layers/layers-query.ts'
import { useNarrow } from '../views/layers/use-narrow.ts'

export function LayersPage() {
  const query = useQuery(layersQuery)
  const Shown = useNarrow() ? LayerList : LayerFlow
  return (
    <div className="view">
      <div className="view-head">
        <h1>Layers</h1>
      </div>
      <Answer query={query} what="the layers">
        {(flow) =>
          flow.layers.length === 0 ? (
            <NoLayers />
          ) : (
            <>
              <BrokenFiles layers={flow.layers} />
              <Shown {...flow} />
            </>
          )
        }
      </Answer>
    </div>
  )
}

/** A file that is wrong has no place in the flow. */
function BrokenFiles({ layers }: { layers: Layer[] }) {
  return layers
    .filter(({ kind }) => kind === undefined)
    .map(({ id, problem }) => (
      <p key={id} className="note note-bad" role="status">
        {problem}
      </p>
    ))
}

function NoLayers() {
  return (
    <EmptyState title="This project shows no layers">
      Write one .sql file for each box into a folder, and name the folder in package.json:{' '}
      <code>{'"terrace": { "layers": "./sql/layers" }'}</code>
    </EmptyState>
  )
}
