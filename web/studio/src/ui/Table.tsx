/** Rows of facts: a table, and on a phone a card a row. Its roles are said, since a phone's layout would take them away. */

import type { ReactNode } from 'react'
import style from './Table.module.css'

export interface Column<Row> {
  name: string
  /** Its title is for screen readers only: of buttons. */
  quiet?: boolean
  /** Numbers stand under each other. */
  number?: boolean
  /** It begins the card on a phone, and names the row for a screen reader. */
  head?: boolean
  cell: (row: Row) => ReactNode
}

export interface TableProps<Row> {
  /** What the table holds; for screen readers. */
  caption: string
  columns: Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** The row is over: it is shown in grey. */
  isOver?: (row: Row) => boolean
}

export function Table<Row>({ caption, columns, rows, keyOf, isOver }: TableProps<Row>) {
  return (
    <div className={style.frame}>
      <table className={style.table} role="table">
        <caption className="unseen">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ name, number, quiet }) => (
              <th key={name} role="columnheader" scope="col" data-number={number}>
                {quiet ? <span className="unseen">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row" data-over={isOver?.(row) || undefined}>
              {columns.map((column) => (
                <Cell key={column.name} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const { name, number, head, quiet, cell } = column
  const worn = { 'data-number': number, 'data-quiet': quiet, 'data-label': head || quiet ? undefined : name }
  if (!head) {
    return (
      <td role="cell" {...worn}>
        {cell(row)}
      </td>
    )
  }
  return (
    <th role="rowheader" scope="row" {...worn}>
      {cell(row)}
    </th>
  )
}
