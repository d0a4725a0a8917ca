interface Props {
  page: number
  pageSize: number
  total: number
  onPage: (page: number) => void
  what: string
}

export function Pager({ page, pageSize, total, onPage, what }: Props) {
  if (total <= pageSize && page === 0) return null
  const last = Math.max(0, Math.ceil(total / pageSize) - 1)
  const first = Math.min(total, page * pageSize + 1)
  return (
    <nav className="pager" aria-label={`Pages of ${what}`}>
      <button
        type="button"
        className="button button-small"
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
      >
        Previous
      </button>
      <span className="muted number">
        {first}–{Math.min(total, (page + 1) * pageSize)} of {total} {what}
      </span>
      <button
        type="button"
        className="button button-small"
        disabled={page >= last}
        onClick={() => onPage(page + 1)}
      >
        Next
      </button>
    </nav>
  )
}
