// The one way a table is shown: columns sort by their headers, rows are what the caller holds.

import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { type ReactNode, useMemo } from 'react'
import { SortHeader } from './sort-header.tsx'

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
})

export interface Column<T> {
  header: string
  cell: (row: T) => ReactNode
  /** What the column sorts by; without it the column does not sort. */
  sortBy?: (row: T) => string | number | null
  /** Its values are numbers, which line up at their ends. */
  isNumeric?: boolean
}

function definitionOf<T extends object>(column: Column<T>): ColumnDef<typeof features, T> {
  return {
    id: column.header,
    header: column.header,
    accessorFn: (row) => column.sortBy?.(row) ?? undefined,
    cell: ({ row }) => column.cell(row.original),
    enableSorting: column.sortBy !== undefined,
    sortUndefined: 'last',
  }
}

interface Props<T extends object> {
  label: string
  /** Kept by the caller: new columns make a new table. */
  columns: Column<T>[]
  rows: T[]
  rowId: (row: T) => string
}

export function DataTable<T extends object>({ label, columns, rows, rowId }: Props<T>) {
  const definitions = useMemo(() => columns.map(definitionOf), [columns])
  const numeric = useMemo(
    () => new Set(columns.filter((column) => column.isNumeric).map(({ header }) => header)),
    [columns],
  )
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowId })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="table-scroll card" aria-label={label} tabIndex={0}>
      <table className="table">
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map(({ id, column }) => (
                <SortHeader
                  key={id}
                  label={String(column.columnDef.header)}
                  isNumeric={numeric.has(column.id)}
                  sorted={column.getIsSorted()}
                  onSort={column.getCanSort() ? () => column.toggleSorting() : null}
                />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={numeric.has(cell.column.id) ? 'numeric' : undefined}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
