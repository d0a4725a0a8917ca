import { useMemo } from 'react'
import { formatOf, headingText, numberOf, valueText } from '../../charts/format-value.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import type { Answered } from './questions-query.ts'

const SHOWN = 100

interface Row {
  key: string
  values: unknown[]
}

export function AnswerTable({ answer }: { answer: Answered }) {
  const { title, columns, rows } = answer
  const shown = rows.slice(0, SHOWN).map((values, key) => ({ key: String(key), values }))
  // New columns make a new table, which forgets how it was sorted: they stay while the answer's do.
  const { money, percent, currency } = answer
  const numeric = columns.filter((_, at) => isNumeric(rows.map((row) => row[at]))).join()
  const definitions = useMemo(
    () =>
      columns.map((column, at): Column<Row> => {
        const format = formatOf({ money, percent }, column)
        return {
          header: headingText({ money, currency }, column),
          cell: ({ values }) => <span className="nowrap">{valueText(values[at], format)}</span>,
          sortBy: ({ values }) => numberOf(values[at]) ?? String(values[at] ?? ''),
          isNumeric: numeric.split(',').includes(column),
        }
      }),
    [columns, money, percent, currency, numeric],
  )
  return (
    <div className="answer-table">
      <DataTable label={title} columns={definitions} rows={shown} rowId={({ key }) => key} />
      {rows.length > SHOWN && (
        <p className="muted">
          The first {SHOWN} of {rows.length} rows.
        </p>
      )}
    </div>
  )
}

function isNumeric(values: unknown[]): boolean {
  const given = values.filter((value) => value !== null && value !== '')
  return given.length > 0 && given.every((value) => numberOf(value) !== null)
}
