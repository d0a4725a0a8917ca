import { distance, localTime, utcTime } from '../text/time.ts'

interface Props {
  at: string | null
  /** Say how far away it is (`in 12 min`) in place of the clock. */
  relative?: boolean
  /** What to say without a time. */
  none?: string
}

export function When({ at, relative = false, none = '–' }: Props) {
  if (at === null) return <span className="muted">{none}</span>
  const now = Date.now()
  return (
    <time dateTime={at} title={utcTime(at)} className="nowrap number">
      {relative ? distance(at, now) : localTime(at, now)}
    </time>
  )
}
