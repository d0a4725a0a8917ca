// Sizes in pixels that the grid's layout and its styles (styles/grid.css) share.

export const ROW = 24
export const COLUMN = 20
export const HEAD = 84
/** Size of the names' font. */
export const LABEL_REM = 0.9

/** Runs whose cells of one task are drawn and kept as one piece. */
export const CHUNK = 10

const DEEPEST = 4
const INDENT = 10
const NARROW = 640
/** Around a name, as styles/grid.css has it, with the line beside the column. */
const LABEL_PADDING = 12 + 8 + 4
const SHORTEST = 90
const LONGEST = 320
const LONGEST_NARROW = 150

/** How far a task is set in, by its depth in the graph; a phone has no room for that. */
export function indentOf(depth: number, screen: number): number {
  return screen < NARROW ? 0 : Math.min(depth, DEEPEST) * INDENT
}

/**
 * Wide enough for the longest name, within what the screen can spare: where the runs leave room beside
 * them, the names have it.
 *
 * @param widthOf a text's width in pixels, in the font of the names
 * @param screen width of the window
 * @param room width of the place for the grid
 */
export function labelWidth(
  tasks: { taskId: string; depth: number }[],
  { runs, screen, room }: { runs: number; screen: number; room: number },
  widthOf: (text: string) => number,
): number {
  const widths = tasks.map(({ taskId, depth }) => widthOf(taskId) + indentOf(depth, screen))
  const spare = room - runs * COLUMN
  const most = Math.max(screen < NARROW ? LONGEST_NARROW : LONGEST, spare)
  return Math.ceil(Math.min(most, Math.max(SHORTEST, ...widths) + LABEL_PADDING))
}
