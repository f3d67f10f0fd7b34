/** The seed: another each time, or one that is kept. */

import { IconButton } from '../../../ui/Button'
import { Dice, Lock, Unlock } from '../../../ui/icons'
import { useWords } from '../words'
import { Group } from './Group'
import { Exact } from './NumberControl'
import type { NumberSpec } from './schema'
import style from './form.module.css'

interface SeedFieldProps {
  field: NumberSpec
  label: string
  hint?: string | undefined
  error?: string | undefined
  value: number | undefined
  onChange: (value: number | undefined) => void
  /** The one that was drawn for the newest print: what locking keeps. */
  latest: number | undefined
}

/** Short enough to be read out and typed again. */
const LARGEST_ROLLED = 999_999_999

export function SeedField({ field, label, hint, error, value, onChange, latest }: SeedFieldProps) {
  const words = useWords()
  const locked = value !== undefined
  const roll = () => {
    const [least, most] = [field.minimum ?? 0, Math.min(field.maximum ?? LARGEST_ROLLED, LARGEST_ROLLED)]
    onChange(least + Math.floor(Math.random() * (most - least + 1)))
  }
  return (
    <Group label={label} hint={hint} error={error}>
      {(bound) => (
        <div className={style.seed}>
          <Exact
            field={field}
            value={value}
            onChange={onChange}
            placeholder={words.random}
            {...bound}
            aria-invalid={error ? true : undefined}
          />
          <IconButton label={words.dice} sign={Dice} tone="plain" onClick={roll} />
          <IconButton
            label={locked ? words.unlock : words.lock}
            sign={locked ? Lock : Unlock}
            tone={locked ? 'primary' : 'plain'}
            aria-pressed={locked}
            onClick={() => (locked ? onChange(undefined) : latest === undefined ? roll() : onChange(latest))}
          />
        </div>
      )}
    </Group>
  )
}
