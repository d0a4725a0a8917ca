// Sizes in pixels that the grid's layout and its styles (styles/grid.css) share.

export const ROW = 24
export const COLUMN = 20
export const HEAD = 84

const LETTER = 7.4
const DEEPEST = 4
export const INDENT = 10

export function indentOf(depth: number): number {
  return Math.min(depth, DEEPEST) * INDENT
}

/** Wide enough for the longest task, within what the screen can spare. */
export function labelWidth(tasks: { taskId: string; depth: number }[], screen: number): number {
  const longest = Math.max(0, ...tasks.map((task) => task.taskId.length * LETTER))
  const most = screen < 640 ? 130 : 300
  return Math.round(Math.min(most, Math.max(90, longest + INDENT * DEEPEST + 20)))
}
