import { KINDS, type LayerKind, type Layers } from './layer.ts'
import { LayerCard } from './layer-card.tsx'

const HEADINGS: Record<LayerKind, string> = {
  topic: 'Event log',
  raw: 'Raw',
  dds: 'Vault (dds)',
  marts: 'Marts',
}

/** The flow for a narrow screen: layer below layer, each box with what it is filled from. */
export function LayerList({ layers, edges }: Layers) {
  const titles = new Map(layers.map(({ id, title }) => [id, title]))
  const sourcesOf = (id: string) =>
    edges.filter(([, to]) => to === id).map(([from]) => titles.get(from) ?? from)
  return KINDS.map((kind) => {
    const boxes = layers.filter((layer) => layer.kind === kind)
    if (boxes.length === 0) return null
    return (
      <section key={kind} className="layer-list" aria-label={HEADINGS[kind]}>
        <h2>{HEADINGS[kind]}</h2>
        <ul>
          {boxes.map((layer) => (
            <li key={layer.id}>
              <LayerCard layer={layer} />
              {sourcesOf(layer.id).length > 0 && (
                <p className="muted">filled from {sourcesOf(layer.id).join(', ')}</p>
              )}
            </li>
          ))}
        </ul>
      </section>
    )
  })
}
