/** A number: a slider where it has bounds, and always a box that takes it exactly. */

import { useState } from 'react'
import { control } from '../../../ui/Field'
import { useWords } from '../words'
import { stepOf, type NumberSpec } from './schema'
import style from './form.module.css'

interface NumberControlProps {
  field: NumberSpec
  value: number | undefined
  /** undefined: as the model does by itself. */
  onChange: (value: number | undefined) => void
  label: string
  bound: { 'aria-labelledby': string; 'aria-describedby': string | undefined }
  invalid: boolean
}

export function NumberControl({ field, value, onChange, label, bound, invalid }: NumberControlProps) {
  const words = useWords()
  const { minimum, maximum } = field
  const bounded = minimum !== undefined && maximum !== undefined
  const shown = value ?? field.default ?? minimum ?? 0
  return (
    <div className={style.number}>
      {bounded && (
        <input
          type="range"
          min={minimum}
          max={maximum}
          step={stepOf(field)}
          value={shown}
          onChange={(event) => onChange(event.target.valueAsNumber)}
          {...bound}
        />
      )}
      <Exact
        field={field}
        value={value ?? field.default}
        onChange={onChange}
        {...(bounded ? { 'aria-label': words.exact(label) } : bound)}
        aria-invalid={invalid || undefined}
      />
    </div>
  )
}

interface ExactProps {
  field: NumberSpec
  value: number | undefined
  onChange: (value: number | undefined) => void
  placeholder?: string
  'aria-label'?: string
  'aria-labelledby'?: string
  'aria-describedby'?: string | undefined
  'aria-invalid'?: true | undefined
}

/** What is being typed need not be a number yet. */
export function Exact({ field, value, onChange, ...rest }: ExactProps) {
  const [typed, setTyped] = useState<string | null>(null)
  return (
    <input
      {...rest}
      type="number"
      className={control}
      min={field.minimum}
      max={field.maximum}
      step={field.multipleOf ?? (field.whole ? 1 : 'any')}
      value={typed ?? value ?? ''}
      onChange={(event) => {
        setTyped(event.target.value)
        onChange(Number.isNaN(event.target.valueAsNumber) ? undefined : event.target.valueAsNumber)
      }}
      onBlur={() => setTyped(null)}
    />
  )
}
