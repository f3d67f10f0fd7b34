/** One of a few, side by side. */

import { useId } from 'react'
import style from './Segments.module.css'

export interface SegmentsProps<T extends string> {
  /** What is chosen, for a screen reader; shown where there is room for it. */
  legend: string
  shown?: boolean
  value: T
  choices: readonly { value: T; label: string }[]
  onChoose: (value: T) => void
}

export function Segments<T extends string>({ legend, shown = false, value, choices, onChoose }: SegmentsProps<T>) {
  const name = useId()
  return (
    <fieldset className={style.segments}>
      <legend className={shown ? style.legend : 'unseen'}>{legend}</legend>
      <div className={style.row}>
        {choices.map((choice) => (
          <label key={choice.value} className={style.one}>
            <input
              type="radio"
              className="unseen"
              name={name}
              checked={choice.value === value}
              onChange={() => onChoose(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
