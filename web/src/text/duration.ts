const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Seconds as a person says them, in at most two units; a dash for what has no duration yet. */
export function durationText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–'
  if (seconds <= 0) return '0 s'
  // Each limit lies where rounding would reach the next unit: never 1000 ms, 60 s or 60 min.
  if (seconds < 0.9995) return `${Math.max(1, Math.round(seconds * 1000))} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < MINUTE) return `${whole} s`
  if (whole < HOUR) return twoUnits(whole, MINUTE, 'min', 1, 's')
  const minutes = Math.round(whole / MINUTE) * MINUTE
  if (minutes < DAY) return twoUnits(minutes, HOUR, 'h', MINUTE, 'min')
  return twoUnits(Math.round(whole / HOUR) * HOUR, DAY, 'd', HOUR, 'h')
}

function twoUnits(
  seconds: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string,
): string {
  const rest = Math.floor((seconds % large) / small)
  const first = `${Math.floor(seconds / large)} ${largeName}`
  return rest === 0 ? first : `${first} ${rest} ${smallName}`
}

/** Seconds between two times; until now for what has not ended. */
export function secondsBetween(
  start: string | null,
  end: string | null,
  now: number,
): number | null {
  if (start === null) return null
  return Math.max(0, ((end === null ? now : Date.parse(end)) - Date.parse(start)) / 1000)
}
