// Rows on standard output, in the four formats of `-o`. JSON and YAML carry the values as they are;
// table and plain are for eyes, so control characters (which could move the cursor of a terminal
// that shows a run id from outside) are escaped.

export const OUTPUT_FORMATS = ['table', 'json', 'yaml', 'plain'] as const

export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

export type Row = Record<string, unknown>

/** Prints rows; `columns` fixes their order, and the heading when there is no row. */
export async function printRows(
  rows: readonly Row[],
  format: OutputFormat,
  columns: readonly string[] = Object.keys(rows[0] ?? {}),
  whenEmpty = 'No data found',
): Promise<void> {
  process.stdout.write(`${await formatRows(rows, format, columns, whenEmpty)}\n`)
}

/** A list that ends at a limit says so, beside its rows and not among them. */
export function sayIfCut(shown: number, total: number, more: string): void {
  if (shown < total) process.stderr.write(`These are ${shown} of ${total}. ${more}\n`)
}

export async function formatRows(
  rows: readonly Row[],
  format: OutputFormat,
  columns: readonly string[] = Object.keys(rows[0] ?? {}),
  whenEmpty = 'No data found',
): Promise<string> {
  if (format === 'json' || format === 'yaml') {
    const picked = rows.map((row) =>
      Object.fromEntries(columns.map((name) => [name, jsonValue(row[name])])),
    )
    if (format === 'json') return JSON.stringify(picked, null, 2)
    const { stringify } = await import('yaml')
    return stringify(picked).trimEnd()
  }
  if (rows.length === 0) return format === 'plain' ? '' : whenEmpty
  const cells = rows.map((row) => columns.map((name) => cellText(row[name])))
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((c) => c[i]!.length)))
  const line = (values: readonly string[], separator: string) =>
    values
      .map((value, i) => value.padEnd(widths[i]!))
      .join(separator)
      .trimEnd()
  if (format === 'plain')
    return [line(columns, '  '), ...cells.map((c) => line(c, '  '))].join('\n')
  const rule = widths.map((width) => '='.repeat(width)).join('=+=')
  return [line(columns, ' | '), rule, ...cells.map((c) => line(c, ' | '))].join('\n')
}

/** Prints an object's fields, one per line or as one document. */
export async function printRecord(record: Row, format: OutputFormat): Promise<void> {
  if (format === 'json' || format === 'yaml') {
    const value = Object.fromEntries(Object.entries(record).map(([k, v]) => [k, jsonValue(v)]))
    const text =
      format === 'json'
        ? JSON.stringify(value, null, 2)
        : (await import('yaml')).stringify(value).trimEnd()
    process.stdout.write(`${text}\n`)
    return
  }
  const rows = Object.entries(record).map(([property, value]) => ({ property, value }))
  await printRows(rows, format, ['property', 'value'])
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'bigint' ? value.toString() : (value ?? null)
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text =
    value instanceof Date
      ? value.toISOString()
      : Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? value.join(', ')
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value)
  return printable(text)
}

/** Control characters as `\n`, `\u001b` and the like. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) =>
    char === '\n' ? '\\n' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
