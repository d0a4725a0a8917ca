import { useEffect, useMemo, useState } from 'react'
import { logPath, type TaskKey } from '../api/tasks.ts'
import { atLeast, type Level, type LogRow } from './log-rows.ts'
import { matchingRows, nextMatch } from './log-search.ts'
import { LogTools } from './log-tools.tsx'
import { LogView } from './log-view.tsx'
import { type LogStream, useLogStream } from './use-log-stream.ts'

interface Props {
  taskKey: TaskKey
  attempt: number
}

/** The log of one attempt; another attempt is another panel (its `key` says so). */
export function LogPanel({ taskKey, attempt }: Props) {
  const { rows, state } = useLogStream(taskKey, attempt)
  const [level, setLevel] = useState<Level>('debug')
  const [search, setSearch] = useState('')
  const [current, setCurrent] = useState(0)
  const [follow, setFollow] = useState(true)
  const [wrap, setWrap] = useState(true)

  const shown = useMemo(() => atLeast(rows, level), [rows, level])
  const matches = useMemo(() => matchingRows(shown, search), [shown, search])
  const jumpTo = matches[Math.min(current, matches.length - 1)] ?? null

  // A jump to what was found must not be undone by the next line.
  useEffect(() => {
    if (jumpTo !== null) setFollow(false)
  }, [jumpTo])

  return (
    <div className="log card">
      <LogTools
        search={search}
        onSearch={(text) => {
          setSearch(text)
          setCurrent(0)
        }}
        matches={matches.length}
        current={current}
        onStep={(step) => setCurrent(nextMatch(matches.length, current, step))}
        level={level}
        onLevel={setLevel}
        follow={follow}
        onFollow={setFollow}
        wrap={wrap}
        onWrap={setWrap}
        download={logPath(taskKey, attempt, 'download')}
      />
      <LogView
        rows={shown}
        search={search}
        jumpTo={jumpTo}
        follow={follow}
        onFollow={setFollow}
        wrap={wrap}
      />
      <p className="log-state muted" role="status">
        {stateText(state, countLines(rows), countLines(shown))}
      </p>
    </div>
  )
}

function countLines(rows: LogRow[]): number {
  return rows.reduce((count, row) => count + Number(row.isFirst), 0)
}

function stateText(state: LogStream['state'], rows: number, shown: number): string {
  const lines = `${shown === rows ? '' : `${shown} of `}${rows === 1 ? '1 line' : `${rows} lines`}`
  if (state === 'ended') return rows === 0 ? 'The attempt wrote nothing.' : `${lines}, complete.`
  if (state === 'lost') return `${lines}. The log does not come through; trying again.`
  return rows === 0 ? 'Waiting for the first line…' : `${lines}, and it goes on.`
}
