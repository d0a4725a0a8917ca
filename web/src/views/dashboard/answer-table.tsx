import { useMemo } from 'react'
import { columnText, numberOf, valueText } from '../../charts/format-value.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import type { Answered } from './questions-query.ts'

const SHOWN = 100

interface Row {
  key: string
  values: unknown[]
}

export function AnswerTable({ answer }: { answer: Answered }) {
  const { title, columns, y, format, rows } = answer
  const shown = rows.slice(0, SHOWN).map((values, key) => ({ key: String(key), values }))
  const definitions = useMemo(
    () =>
      columns.map(
        (column, at): Column<Row> => ({
          header: columnText(column),
          cell: ({ values }) => (
            <Value value={values[at]} format={y.includes(column) ? format : null} />
          ),
          sortBy: ({ values }) => numberOf(values[at]) ?? String(values[at] ?? ''),
        }),
      ),
    [columns, y, format],
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

function Value({ value, format }: { value: unknown; format: Answered['format'] }) {
  return (
    <span className={numberOf(value) === null ? 'nowrap' : 'number'}>
      {valueText(value, format)}
    </span>
  )
}
