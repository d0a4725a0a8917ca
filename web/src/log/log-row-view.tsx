import { memo } from 'react'
import { localClock, utcTime } from '../text/time.ts'
import type { LogRow } from './log-rows.ts'
import { splitAtMatches } from './log-search.ts'

interface Props {
  row: LogRow
  search: string
  isCurrent: boolean
}

export const LogRowView = memo(function LogRowView({ row, search, isCurrent }: Props) {
  return (
    <div className="log-row" data-level={row.level} data-current={isCurrent}>
      <span className="log-time" title={utcTime(row.loggedAt)}>
        {row.isFirst ? localClock(row.loggedAt) : ''}
      </span>
      <span className="log-level">{row.isFirst ? row.level : ''}</span>
      <span className="log-text">
        {splitAtMatches(row.text, search).map((part, i) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have their places.
          i % 2 === 1 ? <mark key={i}>{part}</mark> : part,
        )}
      </span>
    </div>
  )
})
