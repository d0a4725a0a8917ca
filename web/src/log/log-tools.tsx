import { LEVELS, type Level } from './log-rows.ts'

interface Props {
  search: string
  onSearch: (text: string) => void
  matches: number
  current: number
  onStep: (step: 1 | -1) => void
  level: Level
  onLevel: (level: Level) => void
  follow: boolean
  onFollow: (follow: boolean) => void
  wrap: boolean
  onWrap: (wrap: boolean) => void
  download: string
}

export function LogTools(props: Props) {
  const { search, matches, current, level, follow, wrap } = props
  return (
    <div className="log-tools">
      <search className="log-search">
        <input
          className="field"
          type="search"
          placeholder="Search the log"
          aria-label="Search the log; Enter goes to the next match"
          value={search}
          onChange={(event) => props.onSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') props.onStep(event.shiftKey ? -1 : 1)
          }}
        />
        {search !== '' && (
          <>
            <span className="muted number" role="status">
              {matches === 0 ? 'none' : `${Math.min(current, matches - 1) + 1} of ${matches}`}
            </span>
            <button
              type="button"
              className="icon-button"
              aria-label="Previous match"
              disabled={matches === 0}
              onClick={() => props.onStep(-1)}
            >
              ↑
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label="Next match"
              disabled={matches === 0}
              onClick={() => props.onStep(1)}
            >
              ↓
            </button>
          </>
        )}
      </search>
      <select
        className="field"
        aria-label="Least level"
        value={level}
        onChange={(event) => props.onLevel(event.target.value as Level)}
      >
        {LEVELS.map((one) => (
          <option key={one} value={one}>
            {one === 'debug' ? 'all levels' : one === 'error' ? 'errors' : `${one} and worse`}
          </option>
        ))}
      </select>
      <label className="check">
        <input type="checkbox" checked={follow} onChange={() => props.onFollow(!follow)} />
        Follow
      </label>
      <label className="check">
        <input type="checkbox" checked={wrap} onChange={() => props.onWrap(!wrap)} />
        Wrap
      </label>
      <a className="button button-small" href={props.download} download>
        Download
      </a>
    </div>
  )
}
