// Sizes in pixels that the grid's layout and its styles (styles/grid.css) share.

export const ROW = 24
export const COLUMN = 20
export const HEAD = 84

/** Runs whose cells of one task are drawn and kept as one piece. */
export const CHUNK = 10

const LETTER = 7.4
const DEEPEST = 4
const INDENT = 10
const NARROW = 640

/** How far a task is set in, by its depth in the graph; a phone has no room for that. */
export function indentOf(depth: number, screen: number): number {
  return screen < NARROW ? 0 : Math.min(depth, DEEPEST) * INDENT
}

/** Wide enough for the longest task, within what the screen can spare. */
export function labelWidth(tasks: { taskId: string; depth: number }[], screen: number): number {
  const widths = tasks.map(({ taskId, depth }) => taskId.length * LETTER + indentOf(depth, screen))
  const most = screen < NARROW ? 150 : 320
  return Math.round(Math.min(most, Math.max(90, ...widths) + 24))
}
