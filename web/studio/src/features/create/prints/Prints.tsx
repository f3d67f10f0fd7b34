/** One's newest prints and those to come, newest first. */

import type { Model } from '@estampe/client'
import { LinkButton } from '../../../ui/Button'
import { Trouble } from '../../../ui/Trouble'
import { fieldsOf } from '../form/schema'
import { sidesOf, usual } from '../form/shapes'
import type { Print } from '../usePrints'
import { useWords } from '../words'
import { PrintCard, type PrintDeeds, type Promised } from './PrintCard'
import { useNews } from './useNews'
import style from './prints.module.css'

interface PrintsProps {
  prints: Print[]
  isKnown: boolean
  isFull: boolean
  error: unknown
  models: Model[]
  deeds: PrintDeeds
}

export function Prints({ prints, isKnown, isFull, error, models, deeds }: PrintsProps) {
  const words = useWords()
  const news = useNews(prints, isKnown)
  return (
    <>
      <p role="status" className="unseen">
        {news}
      </p>
      {!isKnown && <Trouble error={error} />}
      {prints.length > 0 && (
        <ul className={style.wall} aria-label={words.yours}>
          {prints.map((print) => (
            <li key={print.key}>
              <PrintCard print={print} promised={promisedTo(print, models)} deeds={deeds} />
            </li>
          ))}
        </ul>
      )}
      {isFull && (
        <p className={style.all}>
          <LinkButton to="/gallery?mine=true">{words.all}</LinkButton>
        </p>
      )}
    </>
  )
}

const USUAL = 512

/** The size and count that were asked for, or that the model has where nothing was. */
function promisedTo({ job, ask }: Print, models: Model[]): Promised {
  const said: Record<string, unknown> = job?.parameters ?? ask!.body
  const model = models.find(({ name }) => name === (job?.model ?? ask!.body.model))
  const fields = model ? fieldsOf(model) : new Map()
  const sides = sidesOf(fields)
  const number = (name: string, otherwise: number) => (typeof said[name] === 'number' ? said[name] : otherwise)
  return {
    width: number('width', sides ? usual(sides.width) : USUAL),
    height: number('height', sides ? usual(sides.height) : USUAL),
    count: number('num_outputs', fields.get('num_outputs')?.default ?? 1),
  }
}
