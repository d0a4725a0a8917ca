import { isSteering, type Lineage } from './lineage.ts'

// Data goes from the first to the last; what looks back, such as for a known event id, is no edge.
const STAGES = [
  /^raw\.(message|api_responses)$/,
  /^(raw\.|dds\.stage_event$)/,
  /^dds\.(h|l|nl|s|es|ref)_/,
  /^dds\./,
  /^marts\.fct_/,
  /^marts\./,
]

/** A mermaid graph; tables of a kind that are many stand together. */
export function drawLineage({ reads }: Lineage): string {
  const edges = new Set<string>(['log --> raw_message'])
  const nodes = new Map<string, string>()
  const node = (name: string): string => {
    const label = groupOf(name)
    const id = label.replace(/[^a-z0-9]+/g, '_')
    nodes.set(id, label)
    return id
  }
  for (const [target, sources] of [...reads].toSorted()) {
    for (const source of sources) {
      if (isSteering(target) || isSteering(source) || looksBack(source, target)) continue
      const [from, to] = [node(source), node(target)]
      if (from !== to) edges.add(`${from} --> ${to}`)
    }
  }
  const layers = ['raw', 'dds', 'marts'].map((layer) => {
    const inside = [...nodes].filter(([, label]) => label.startsWith(`${layer}.`)).toSorted()
    const lines = inside.map(([id, label]) => `    ${id}["${label.slice(layer.length + 1)}"]`)
    return [`  subgraph ${layer}`, ...lines, '  end'].join('\n')
  })
  const drawn = [...edges].toSorted().map((edge) => `  ${edge}`)
  return [
    '```mermaid',
    'flowchart LR',
    '  log[("topics of the event log")]',
    ...layers,
    ...drawn,
    '```',
  ].join('\n')
}

function looksBack(source: string, target: string): boolean {
  const [from, to] = [source, target].map((name) => STAGES.findIndex((stage) => stage.test(name)))
  return from! > to! || (from === to && !source.startsWith('marts.'))
}

function groupOf(name: string): string {
  if (/^dds\.h_/.test(name)) return 'dds.hubs'
  if (/^dds\.l_/.test(name)) return 'dds.links'
  if (/^dds\.(s|es)_/.test(name)) return 'dds.satellites'
  if (/^raw\.\w+s$/.test(name) && name !== 'raw.api_responses') {
    return 'raw.typed views'
  }
  return name
}
