const MINUTE = 60
const HOUR = 60 * MINUTE
const STEPS = [
  0.1,
  0.2,
  0.5,
  1,
  2,
  5,
  10,
  15,
  30,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
]

/** Seconds at which an axis of this length has its marks: round numbers, at most as many as asked. */
export function ticksOf(seconds: number, most: number): number[] {
  const step = STEPS.find((one) => seconds / one <= most) ?? Math.ceil(seconds / most / HOUR) * HOUR
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step)
}
