/** A part of a page in which there is nothing yet: why, and what to do. */

import type { ReactNode } from 'react'
import style from './Nothing.module.css'

export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={style.nothing}>
      <p className={style.title}>{title}</p>
      {typeof children === 'string' ? <p>{children}</p> : children}
    </div>
  )
}
