import { intervalText, utcTime } from '../text/time.ts'

/** From when to when, each with its day. */
export function Interval({ start, end }: { start: string; end: string | null }) {
  return (
    <span className="number" title={`${utcTime(start)} – ${end === null ? '' : utcTime(end)}`}>
      {intervalText(start, end ?? start, Date.now())}
    </span>
  )
}
