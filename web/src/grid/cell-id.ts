/** The id of a cell's element: what is active, and what lies under the pointer, is found by it. */
export function cellId(row: number, column: number): string {
  return `cell-${row}-${column}`
}

export function placeOfId(id: string): { row: number; column: number } | null {
  const found = /^cell-(-?\d+)-(\d+)$/.exec(id)
  return found && { row: Number(found[1]), column: Number(found[2]) }
}
