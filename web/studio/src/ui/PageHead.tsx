/** How a page begins: its title, a sentence on it, and what can be done or chosen for the whole of it. */

import type { ReactNode } from 'react'
import style from './PageHead.module.css'

export function PageHead({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  return (
    <header className={style.head}>
      <div className={style.words}>
        <h1>{title}</h1>
        {lead && <p className={style.lead}>{lead}</p>}
      </div>
      {children && <div className={style.tools}>{children}</div>}
    </header>
  )
}

/** A part of a page, with its title. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={style.section}>
      <div className={style.top}>
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}
