/** A name, what is asked for, and what is wrong with it, bound together. */

import { useId, type ReactElement, type ReactNode } from 'react'
import style from './Field.module.css'

export interface Bound {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

export interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  error?: string | undefined
  /** Beside the label: a small button, a value. */
  aside?: ReactNode
  /** Given what binds the control to its name. */
  children: (bound: Bound) => ReactElement
}

export function Field({ label, hint, error, aside, children }: FieldProps) {
  const id = useId()
  const about = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <div className={style.field}>
      <div className={style.head}>
        <label htmlFor={id}>{label}</label>
        {aside}
      </div>
      {children({ id, 'aria-describedby': about || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className={style.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={style.error}>
          {error}
        </p>
      )}
    </div>
  )
}

/** What a text field, a number or a select wears. */
export const control = style.control!

/** What several controls under one name wear, so that they look like a field. */
export const worn = { field: style.field!, head: style.head!, hint: style.hint!, error: style.error! }
