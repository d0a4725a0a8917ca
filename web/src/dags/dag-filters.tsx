import { useEffect, useState } from 'react'
import { RUN_STATES } from '../api/run-states.ts'
import type { RunState } from '../api/types.ts'
import type { DagsSearch } from '../router.tsx'

const TYPING_MS = 200

interface Props {
  filter: DagsSearch
  tags: string[]
  onChange: (filter: DagsSearch) => void
}

export function DagFilters({ filter: { page: _, ...filter }, tags, onChange }: Props) {
  const [typed, setTyped] = useState(filter.search ?? '')

  useEffect(() => {
    if (typed === (filter.search ?? '')) return
    const timer = setTimeout(() => onChange(set(filter, 'search', typed || undefined)), TYPING_MS)
    return () => clearTimeout(timer)
  })

  return (
    <search className="filters">
      <input
        className="field grow"
        type="search"
        placeholder="Search DAGs"
        aria-label="Search DAGs"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <select
        className="field"
        aria-label="Tag"
        value={filter.tag ?? ''}
        onChange={({ target }) => onChange(set(filter, 'tag', target.value || undefined))}
      >
        <option value="">Any tag</option>
        {[...new Set(filter.tag === undefined ? tags : [...tags, filter.tag])].map((tag) => (
          <option key={tag}>{tag}</option>
        ))}
      </select>
      <select
        className="field"
        aria-label="State of the runs"
        value={filter.state ?? ''}
        onChange={({ target }) =>
          onChange(set(filter, 'state', (target.value || undefined) as RunState | undefined))
        }
      >
        <option value="">Any state</option>
        {RUN_STATES.map((state) => (
          <option key={state}>{state}</option>
        ))}
      </select>
      <select
        className="field"
        aria-label="Paused or active"
        value={filter.paused === undefined ? '' : String(filter.paused)}
        onChange={({ target }) =>
          onChange(set(filter, 'paused', target.value ? target.value === 'true' : undefined))
        }
      >
        <option value="">Active and paused</option>
        <option value="false">Active</option>
        <option value="true">Paused</option>
      </select>
    </search>
  )
}

function set<Key extends keyof DagsSearch>(
  filter: DagsSearch,
  key: Key,
  value: DagsSearch[Key] | undefined,
): DagsSearch {
  const { [key]: _, ...rest } = filter
  return value === undefined ? rest : { ...rest, [key]: value }
}
