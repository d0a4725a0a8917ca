import { durationText, secondsBetween } from '../text/duration.ts'
import { useNow } from './use-now.ts'

/** How long something took, or has taken until now. */
export function Took({ start, end }: { start: string | null; end: string | null }) {
  const now = useNow(start !== null && end === null)
  return <span className="nowrap number">{durationText(secondsBetween(start, end, now))}</span>
}
