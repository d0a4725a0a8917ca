export const KINDS = ['topic', 'raw', 'dds', 'marts'] as const

export type LayerKind = (typeof KINDS)[number]

export interface Layer {
  id: string
  title: string
  /** Missing where the box's file is wrong. */
  kind?: LayerKind
  rows: number | null
  newest_at: string | null
  freshness_seconds: number | null
  lag: number | null
  quarantined: number | null
  problem: string | null
  dag_id: string | null
}

export interface Layers {
  layers: Layer[]
  /** From the box that is read to the one that reads. */
  edges: [string, string][]
}
