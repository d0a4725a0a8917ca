interface Props {
  label: string
  isNumeric: boolean
  sorted: false | 'asc' | 'desc'
  onSort: (() => void) | null
}

const ORDER = { asc: 'ascending', desc: 'descending' } as const
const ARROWS = { asc: ' ↑', desc: ' ↓' }

export function SortHeader({ label, isNumeric, sorted, onSort }: Props) {
  return (
    <th
      scope="col"
      className={isNumeric ? 'numeric' : undefined}
      aria-sort={sorted ? ORDER[sorted] : undefined}
    >
      {onSort ? (
        <button type="button" className="sort" onClick={onSort}>
          {label}
          <span aria-hidden="true">{sorted ? ARROWS[sorted] : ''}</span>
        </button>
      ) : (
        label
      )}
    </th>
  )
}
