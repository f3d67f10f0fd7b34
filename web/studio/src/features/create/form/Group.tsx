/** Several controls under one name, with what is wrong with them. */

import { useId, type ReactElement, type ReactNode } from 'react'
import { worn } from '../../../ui/Field'

interface GroupProps {
  label: string
  aside?: ReactNode
  hint?: string | undefined
  error?: string | undefined
  children: (bound: { 'aria-labelledby': string; 'aria-describedby': string | undefined }) => ReactElement
}

export function Group({ label, aside, hint, error, children }: GroupProps) {
  const id = useId()
  return (
    <div className={worn.field}>
      <div className={worn.head}>
        <span id={id}>{label}</span>
        {aside}
      </div>
      {children({ 'aria-labelledby': id, 'aria-describedby': error || hint ? `${id}-about` : undefined })}
      {(error || hint) && (
        <p id={`${id}-about`} className={error ? worn.error : worn.hint}>
          {error ?? hint}
        </p>
      )}
    </div>
  )
}
