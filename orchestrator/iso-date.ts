const DATE =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i

/** ISO 8601 to a Date, read as UTC unless it carries an offset; null when it is no such date. */
export function parseIsoDate(text: string): Date | null {
  const match = DATE.exec(text)
  if (!match) return null
  const iso = text.replace(' ', 'T').toUpperCase()
  const date = new Date(match[1] || !iso.includes('T') ? iso : `${iso}Z`)
  // Date rolls 30 February over to March instead of refusing it.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(date.getTime()) || Number.isNaN(day.getTime())) return null
  return day.toISOString().slice(0, 10) === text.slice(0, 10) ? date : null
}
