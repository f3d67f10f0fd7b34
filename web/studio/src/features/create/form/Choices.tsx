/** One of a few, all of them seen. */

import { useId, type ReactNode } from 'react'
import style from './form.module.css'

export interface Choice<T> {
  value: T
  /** What it is called, where `shown` is not words. */
  label: string
  shown?: ReactNode
}

interface ChoicesProps<T> {
  choices: Choice<T>[]
  value: T | null
  onChoose: (value: T) => void
  'aria-labelledby'?: string
  'aria-label'?: string
  'aria-describedby'?: string | undefined
  invalid?: boolean
}

export function Choices<T extends string | number | boolean>(props: ChoicesProps<T>) {
  const { choices, value, onChoose, invalid, ...bound } = props
  const name = useId()
  return (
    <div role="radiogroup" {...bound} aria-invalid={invalid || undefined} className={style.choices}>
      {choices.map((choice) => (
        <label key={String(choice.value)} className={style.choice} title={choice.shown ? choice.label : undefined}>
          <input
            type="radio"
            name={name}
            className="unseen"
            checked={choice.value === value}
            onChange={() => onChoose(choice.value)}
            aria-label={choice.shown ? choice.label : undefined}
          />
          {choice.shown ?? choice.label}
        </label>
      ))}
    </div>
  )
}
