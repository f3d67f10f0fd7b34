/** The control that a field asks for: by its name where it is well known, else by its type. */

import { control, Field } from '../../../ui/Field'
import { useFormat } from '../../../ui/format'
import { useWords } from '../words'
import { Choices } from './Choices'
import { Group } from './Group'
import { useName } from './names'
import { NumberControl } from './NumberControl'
import { Reset } from './Reset'
import type { FieldSpec, NumberSpec, Scalar, TextSpec } from './schema'
import { SeedField } from './SeedField'
import style from './form.module.css'

export interface FieldForProps {
  field: FieldSpec
  value: Scalar | undefined
  onChange: (value: Scalar | undefined) => void
  error?: string | undefined
  /** Beside the name: what the value comes to. */
  note?: string | undefined
  latestSeed?: number | undefined
}

const FEW = 5
const LONG = 200

export function FieldFor({ field, value, onChange, error, note, latestSeed }: FieldForProps) {
  const name = useName()
  const format = useFormat()
  const { label, hint } = name(field)
  const reset = value === undefined ? undefined : () => onChange(undefined)
  const aside = (
    <span className={style.aside}>
      <Reset of={label} onReset={reset} />
      {note && <span>{note}</span>}
    </span>
  )
  const about = { label, hint, error, aside }
  if (field.type === 'toggle') return <Toggle {...about} value={value ?? field.default ?? false} onChange={onChange} />
  if (field.type === 'text') return <Text {...about} field={field} value={value} onChange={onChange} />
  if (field.type === 'choice' && field.options.length > FEW)
    return <Select {...about} options={field.options} value={value ?? field.default} onChange={onChange} />
  const number = typeof value === 'number' ? value : undefined
  if (field.name === 'seed' && field.type === 'number')
    return <SeedField {...{ field, label, hint, error, onChange }} value={number} latest={latestSeed} />
  return (
    <Group {...about}>
      {(bound) => {
        const options = field.type === 'choice' ? field.options : counts(field)
        if (!options && field.type === 'number')
          return <NumberControl {...{ field, label, bound, onChange }} value={number} invalid={!!error} />
        return (
          <Choices
            {...bound}
            invalid={!!error}
            choices={(options ?? []).map((one) => ({ value: one, label: said(one, format.number) }))}
            value={value ?? field.default ?? null}
            onChoose={onChange}
          />
        )
      }}
    </Group>
  )
}

/** A small count is chosen, not slid. */
function counts({ name, minimum, maximum }: NumberSpec): number[] | undefined {
  if (name !== 'num_outputs' || minimum === undefined || maximum === undefined || maximum - minimum > 7)
    return undefined
  return Array.from({ length: maximum - minimum + 1 }, (_, more) => minimum + more)
}

const said = (value: Scalar, number: (value: number) => string): string =>
  typeof value === 'number' ? number(value) : String(value).toLocaleUpperCase()

type About = { label: string; hint?: string | undefined; error?: string | undefined; aside: React.ReactElement }
type Valued<T> = { value: T; onChange: (value: Scalar | undefined) => void }

function Toggle({ label, hint, error, aside, value, onChange }: About & Valued<Scalar>) {
  const words = useWords()
  return (
    <Field label={label} hint={hint} error={error} aside={aside}>
      {(bound) => (
        <span className={style.toggle}>
          <input {...bound} type="checkbox" checked={!!value} onChange={(event) => onChange(event.target.checked)} />
          <label htmlFor={bound.id}>{words.yes}</label>
        </span>
      )}
    </Field>
  )
}

function Text({ field, value, onChange, ...about }: About & Valued<Scalar | undefined> & { field: TextSpec }) {
  const text = String(value ?? field.default ?? '')
  const change = (event: { target: { value: string } }) =>
    onChange(event.target.value === (field.default ?? '') ? undefined : event.target.value)
  return (
    <Field {...about}>
      {(bound) =>
        (field.maxLength ?? 0) > LONG ? (
          <textarea
            {...bound}
            className={control}
            rows={2}
            maxLength={field.maxLength}
            value={text}
            onChange={change}
          />
        ) : (
          <input {...bound} className={control} maxLength={field.maxLength} value={text} onChange={change} />
        )
      }
    </Field>
  )
}

function Select(props: About & Valued<Scalar | undefined> & { options: Scalar[] }) {
  const { options, value, onChange, ...about } = props
  return (
    <Field {...about}>
      {(bound) => (
        <select
          {...bound}
          className={control}
          value={options.findIndex((one) => one === value)}
          onChange={(event) => onChange(options[Number(event.target.value)])}
        >
          {value === undefined && <option value={-1} />}
          {options.map((one, place) => (
            <option key={String(one)} value={place}>
              {String(one)}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
