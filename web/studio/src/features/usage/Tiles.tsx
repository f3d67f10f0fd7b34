/** How much of everything there was; the one that is chosen is what the plots show. */

import type { UsageRow } from '@estampe/client'
import { useId } from 'react'
import { useFormat } from '../../ui/format'
import { measuresOf, said, total, type Measure } from './measures'
import { useMeasureName } from './named'
import { useWords } from './words'
import style from './Tiles.module.css'

export interface TilesProps {
  /** Of the whole period. */
  rows: UsageRow[]
  chosen: Measure
  onChoose: (measure: Measure) => void
}

export function Tiles({ rows, chosen, onChoose }: TilesProps) {
  const words = useWords()
  const format = useFormat()
  const nameOf = useMeasureName()
  const group = useId()
  const lost = rows.reduce((sum, row) => sum + row.attempts - row.succeeded, 0)
  return (
    <fieldset>
      <legend className="unseen">{words.measure}</legend>
      <div className={style.tiles}>
        {measuresOf(rows).map((measure) => (
          <label key={measure} className={style.tile}>
            <input
              type="radio"
              className="unseen"
              name={group}
              checked={measure === chosen}
              onChange={() => onChoose(measure)}
            />
            <span className={style.name}>{nameOf(measure)}</span>
            <span className={style.value}>{said(format, measure, total(rows, measure))}</span>
            {measure === 'jobs' && lost > 0 && (
              <span className={style.name}>{words.unsuccessful(format.number(lost))}</span>
            )}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
