/** Where there is nothing to show: why, and what to do. */

import type { ReactNode } from 'react'
import style from './Empty.module.css'

export interface EmptyProps {
  title: string
  /** Part of a page that has its own title. */
  within?: boolean
  children?: ReactNode
}

export function Empty({ title, within = false, children }: EmptyProps) {
  const Title = within ? 'h2' : 'h1'
  return (
    <div className={style.empty}>
      <Title className={style.title}>{title}</Title>
      {typeof children === 'string' ? <p>{children}</p> : children}
    </div>
  )
}
