import { useNow } from '../parts/use-now.ts'
import { When } from '../parts/when.tsx'

const EVERY_MS = 5_000

interface Props {
  isPaused: boolean
  at: string | null
}

/** When the schedule makes the next run, counted down. */
export function NextRun({ isPaused, at }: Props) {
  const isPlanned = !isPaused && at !== null
  const now = useNow(isPlanned, EVERY_MS)
  if (isPaused) return 'paused: no new runs'
  if (at === null) return 'no run planned'
  if (Date.parse(at) <= now) return 'next run is due'
  return (
    <>
      next run <When at={at} relative />
    </>
  )
}
