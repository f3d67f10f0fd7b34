/** Where there is nothing to show: why, and what to do. */

import type { ReactNode } from 'react'
import style from './Empty.module.css'

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={style.empty}>
      <h1>{title}</h1>
      {typeof children === 'string' ? <p>{children}</p> : children}
    </div>
  )
}
