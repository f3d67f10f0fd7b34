/** The form that a model's schema asks for: what is often changed first, the rest below. */

import type { Model } from '@estampe/client'
import { useState, type ReactNode } from 'react'
import { Button } from '../../../ui/Button'
import { useFormat } from '../../../ui/format'
import { MASK, START, STRENGTH, withValue, type Draft } from '../draft'
import { useWords } from '../words'
import { FieldFor } from './FieldFor'
import { fieldsOf, type FieldSpec, type Scalar } from './schema'
import { ShapeField } from './ShapeField'
import { sidesOf } from './shapes'
import style from './form.module.css'

export interface SettingsProps {
  model: Model
  draft: Draft
  onChange: (change: Partial<Draft>) => void
  /** By field: what is wrong with it. */
  faults: Record<string, string>
  latestSeed: number | undefined
}

const ELSEWHERE = ['prompt', START, MASK, STRENGTH]
const OFTEN = ['num_outputs', 'num_frames', 'fps', 'duration_s', 'seed']
const SIDES = ['width', 'height']

export function Settings({ model, draft, onChange, faults, latestSeed }: SettingsProps) {
  const format = useFormat()
  const { values } = draft
  const fields = fieldsOf(model)
  const sides = sidesOf(fields)
  const drawn = [...fields.values()].filter(({ name }) => !ELSEWHERE.includes(name))
  const often = OFTEN.flatMap((name) => drawn.find((field) => field.name === name) ?? [])
  const rest = drawn.filter((field) => !often.includes(field))
  const set = (name: string, value: Scalar | undefined) => onChange({ values: withValue(values, name, value) })
  const duration = seconds(fields, values)
  const draw = (field: FieldSpec) => (
    <FieldFor
      key={field.name}
      field={field}
      value={values[field.name]}
      onChange={(value) => set(field.name, value)}
      error={faults[field.name]}
      note={field.name === 'num_frames' && duration ? format.seconds(duration) : undefined}
      latestSeed={latestSeed}
    />
  )
  const changed = rest.filter(({ name }) => values[name] !== undefined && (!sides || !SIDES.includes(name))).length
  const forget = () => onChange({ values: rest.reduce((left, { name }) => withValue(left, name, undefined), values) })
  return (
    <div className={style.settings}>
      {sides && (
        <ShapeField
          sides={sides}
          width={numeric(values.width)}
          height={numeric(values.height)}
          onChoose={(shape) =>
            onChange({ values: withValue(withValue(values, 'width', shape?.width), 'height', shape?.height) })
          }
        />
      )}
      {often.map(draw)}
      {rest.length > 0 && (
        <More changed={changed} faulty={rest.some(({ name }) => faults[name])} onForget={forget}>
          {rest.map(draw)}
        </More>
      )}
    </div>
  )
}

const numeric = (value: Scalar | undefined): number | undefined => (typeof value === 'number' ? value : undefined)

/** How long a clip of so many frames is; undefined where that is not a clip, or not known. */
function seconds(fields: Map<string, FieldSpec>, values: Draft['values']): number | undefined {
  const [frames, pace] = ['num_frames', 'fps'].map((name) => numeric(values[name] ?? fields.get(name)?.default))
  return frames && pace ? frames / pace : undefined
}

interface MoreProps {
  changed: number
  /** What is wrong is seen. */
  faulty: boolean
  onForget: () => void
  children: ReactNode
}

function More({ changed, faulty, onForget, children }: MoreProps) {
  const words = useWords()
  const [open, setOpen] = useState(false)
  return (
    <details className={style.more} open={open || faulty} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {words.more}
        {changed > 0 && <span className={style.count}>{words.changed(changed)}</span>}
      </summary>
      <div className={style.settings}>
        {children}
        {changed > 0 && (
          <Button small tone="quiet" onClick={onForget}>
            {words.resetAll}
          </Button>
        )}
      </div>
    </details>
  )
}
