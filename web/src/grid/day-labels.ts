import type { GridRun } from '../api/types.ts'
import { localDay } from '../text/time.ts'

export interface DayLabel {
  /** Null where the label of a newer day takes the room: the line alone says that a day begins. */
  text: string | null
  /** At the right edge a label stands to the left of where its column ends. */
  atEnd: boolean
}

/** Columns that a label such as `30 Nov` covers. */
const COVERS = 3

/** Where days begin, by column: the newest run has column 0, and a label grows towards it. */
export function dayLabels(runs: readonly GridRun[]): Map<number, DayLabel> {
  const days = runs.map((run) => localDay(run.run_after))
  const labels = new Map<number, DayLabel>()
  let taken = -1
  days.forEach((day, column) => {
    if (day === days[column + 1]) return
    const first = Math.max(0, column - COVERS + 1)
    const isFree = first > taken
    labels.set(column, { text: isFree ? day : null, atEnd: column < COVERS - 1 })
    if (isFree) taken = Math.max(column, COVERS - 1)
  })
  return labels
}
