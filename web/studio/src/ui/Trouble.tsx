/** What went wrong, in the person's language, and what can be done about it. */

import type { ReactNode } from 'react'
import { Button } from './Button'
import { inBoth } from './language'
import style from './Trouble.module.css'

const useWords = inBoth({ again: 'Try again' }, { again: 'Réessayer' })

interface TroubleProps {
  error: unknown
  /** Asks once more, where that may help. */
  again?: () => unknown
  children?: ReactNode
}

/** Told as soon as it is there; renders nothing without an error. */
export function Trouble({ error, again, children }: TroubleProps) {
  const words = useWords()
  if (!error) return null
  return (
    <div role="alert" className={style.trouble}>
      <p>{said(error)}</p>
      {children}
      {again && (
        <Button small onClick={again}>
          {words.again}
        </Button>
      )}
    </div>
  )
}

export const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
