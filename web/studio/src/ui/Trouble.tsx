/** What went wrong, in the person's language, and what can be done about it. */

import type { ReactNode } from 'react'
import style from './Trouble.module.css'

/** Told as soon as it is there; renders nothing without an error. */
export function Trouble({ error, children }: { error: unknown; children?: ReactNode }) {
  if (!error) return null
  return (
    <div role="alert" className={style.trouble}>
      <p>{said(error)}</p>
      {children}
    </div>
  )
}

export const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
