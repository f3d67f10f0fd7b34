/** How a whole is shared, the largest first: a table whose bars say at a glance what its numbers say exactly. */

import type { ReactNode } from 'react'
import style from './Shares.module.css'

export interface Share {
  key: string
  name: ReactNode
  value: number
}

export interface SharesProps {
  title: string
  /** What is shared out: the second column, for a screen reader. */
  measure: string
  shares: Share[]
  say: (value: number) => string
}

export function Shares({ title, measure, shares, say }: SharesProps) {
  const most = Math.max(0, ...shares.map(({ value }) => value))
  return (
    <table className={style.shares} role="table">
      <caption className="unseen">{title}</caption>
      <thead className="unseen" role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            {title}
          </th>
          <th role="columnheader" scope="col">
            {measure}
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {shares.map(({ key, name, value }) => (
          <tr key={key} role="row">
            <th role="rowheader" scope="row">
              {name}
            </th>
            <td role="cell">
              {say(value)}
              <i style={{ width: `${most && (value / most) * 100}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
