/** A word on how something stands. */

import type { ReactNode } from 'react'
import style from './Badge.module.css'

export type BadgeTone = 'good' | 'warn' | 'trouble' | 'plain'

export function Badge({ tone = 'plain', children }: { tone?: BadgeTone; children: ReactNode }) {
  return (
    <span className={style.badge} data-tone={tone}>
      {children}
    </span>
  )
}
