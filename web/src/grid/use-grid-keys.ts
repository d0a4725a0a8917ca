// Arrow keys in a grid: the focus stays on the grid, `active` is the cell that is meant. Row -1 is the
// row of run headers. Runs stand newest at the right, so Left is older: a higher index.

import { type KeyboardEvent, useState } from 'react'

export interface Place {
  row: number
  column: number
}

interface Options {
  rows: number
  columns: number
  onMove: (place: Place) => void
  onOpen: (place: Place) => void
}

const PAGE = 15

const MOVES: Record<string, (place: Place, last: Place) => Place> = {
  ArrowUp: ({ row, column }) => ({ row: row - 1, column }),
  ArrowDown: ({ row, column }) => ({ row: row + 1, column }),
  ArrowLeft: ({ row, column }) => ({ row, column: column + 1 }),
  ArrowRight: ({ row, column }) => ({ row, column: column - 1 }),
  PageUp: ({ row, column }) => ({ row: Math.max(0, row - PAGE), column }),
  PageDown: ({ row, column }) => ({ row: row + PAGE, column }),
  Home: ({ row }, last) => ({ row, column: last.column }),
  End: ({ row }) => ({ row, column: 0 }),
}

export function useGridKeys({ rows, columns, onMove, onOpen }: Options) {
  const [active, setActive] = useState<Place | null>(null)
  const last = { row: rows - 1, column: columns - 1 }

  function within({ row, column }: Place): Place {
    return {
      row: Math.max(-1, Math.min(last.row, row)),
      column: Math.max(0, Math.min(last.column, column)),
    }
  }

  function move(place: Place): void {
    const next = within(place)
    setActive(next)
    onMove(next)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = MOVES[event.key]
    if (step) {
      event.preventDefault()
      move(active ? step(active, last) : { row: 0, column: 0 })
    } else if (event.key === 'Enter' && active) onOpen(active)
  }

  return {
    active,
    onKeyDown,
    onFocus: () => active === null && move({ row: 0, column: 0 }),
  }
}
