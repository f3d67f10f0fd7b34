/** The picture that the next print starts from: seen, masked, taken away. */

import type { Model } from '@estampe/client'
import { lazy, Suspense, useState } from 'react'
import { Button, IconButton } from '../../../ui/Button'
import { Brush, Close } from '../../../ui/icons'
import { FieldFor } from '../form/FieldFor'
import { fieldsOf } from '../form/schema'
import { MASK, START, STRENGTH, withValue, type Draft } from '../draft'
import { useWords } from '../words'
import type { Starting } from './useStart'
import style from './start.module.css'

const MaskDialog = lazy(() => import('./MaskDialog'))

interface StartPictureProps {
  model: Model
  draft: Draft
  onChange: (change: Partial<Draft>) => void
  starting: Starting
  faults: Record<string, string>
}

export function StartPicture({ model, draft, onChange, starting, faults }: StartPictureProps) {
  const words = useWords()
  const [masking, setMasking] = useState(false)
  const fields = fieldsOf(model)
  const { start, mask, values } = draft
  const strength = fields.get(STRENGTH)
  const used = fields.has(START)
  if (!start && !starting.busy) return null
  return (
    <section className={style.start} aria-label={words.startLabel}>
      <div className={style.thumb} data-idle={!used}>
        {start && <img src={start.url} alt={words.startLabel} width={start.width} height={start.height} />}
        {start && mask && <img src={mask.url} alt="" className={style.veil} />}
        {starting.busy && <progress aria-label={words.uploading} />}
      </div>
      <div className={style.about}>
        <p className={style.line}>
          <span>{starting.busy ? words.uploading : words.startLabel}</span>
          {start && (
            <IconButton
              small
              label={words.removeStart}
              sign={Close}
              onClick={() => onChange({ start: null, mask: null, values: withValue(values, STRENGTH, undefined) })}
            />
          )}
        </p>
        {start && !used && <p className={style.note}>{words.notUsed(model.title)}</p>}
        {start && used && fields.has(MASK) && (
          <div className={style.line}>
            <Button small onClick={() => setMasking(true)}>
              <Brush /> {mask ? words.changeMask : words.paintMask}
            </Button>
            {mask && (
              <Button small tone="quiet" onClick={() => onChange({ mask: null })}>
                {words.removeMask}
              </Button>
            )}
          </div>
        )}
        {mask && used && <p className={style.note}>{words.masked}</p>}
        {(faults[START] || faults[MASK]) && (
          <p className={style.fault} role="alert">
            {faults[START] ?? faults[MASK]}
          </p>
        )}
      </div>
      {start && used && strength && (
        <div className={style.wide}>
          <FieldFor
            field={strength}
            value={values[STRENGTH]}
            onChange={(value) => onChange({ values: withValue(values, STRENGTH, value) })}
            error={faults[STRENGTH]}
          />
        </div>
      )}
      {start && masking && (
        <Suspense fallback={null}>
          <MaskDialog
            key={start.asset_id}
            start={start}
            onClose={() => setMasking(false)}
            onMask={(made) => {
              onChange({ mask: made })
              setMasking(false)
            }}
          />
        </Suspense>
      )}
    </section>
  )
}
