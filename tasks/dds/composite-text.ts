// Postgres' text form of composite values and of arrays of them, for a column of COPY: one row a message,
// with all lines of its order in it.

export type CompositeField = string | number | boolean | null

/** `("a ""b""",1,)`: null is nothing at all, and empty text is quoted. */
export function compositeText(fields: readonly CompositeField[]): string {
  return `(${fields.map(fieldText).join(',')})`
}

/** `{"(1,a)","(2,b)"}`; null for no elements, since an array without any says nothing. */
export function compositeArrayText(
  rows: readonly (readonly CompositeField[])[] | undefined,
): string | null {
  if (rows === undefined || rows.length === 0) return null
  return `{${rows.map((row) => quoted(compositeText(row))).join(',')}}`
}

/** What needs no quotes in a composite value, digits and times above all. */
const PLAIN = /^[\w.:+-]+$/

function fieldText(field: CompositeField): string {
  if (field === null) return ''
  if (typeof field === 'boolean') return field ? 't' : 'f'
  const text = String(field)
  return PLAIN.test(text) ? text : quoted(text)
}

/** Quotes and backslashes are escaped by a backslash, which composite values and arrays both read. */
function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`
}
