/** Each reason that came: how often, what it means and what to do; choosing one shows its refusals alone. */

import { Button } from '../../ui/Button'
import { Section } from '../../ui/PageHead'
import { useReason } from './reasons'
import { useWords } from './words'
import style from './signIns.module.css'

export interface ReasonsProps {
  /** With their counts, the most frequent first. */
  refused: [string, number][]
  chosen: string | null
  onChoose: (reason: string | null) => void
}

export function Reasons({ refused, chosen, onChoose }: ReasonsProps) {
  const words = useWords()
  const every = (
    <Button small onClick={() => onChoose(null)}>
      {words.every}
    </Button>
  )
  return (
    <Section title={words.reasons} aside={chosen !== null && every}>
      <ul className={style.reasons}>
        {refused.map(([code, count]) => (
          <li key={code}>
            <One code={code} count={count} chosen={code === chosen} onChoose={onChoose} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

interface OneProps {
  code: string
  count: number
  chosen: boolean
  onChoose: ReasonsProps['onChoose']
}

function One({ code, count, chosen, onChoose }: OneProps) {
  const words = useWords()
  const { name, means, todo } = useReason()(code)
  return (
    <article className={style.reason} data-chosen={chosen || undefined}>
      <div className={style.top}>
        <h3>{name}</h3>
        <Button small tone="quiet" aria-pressed={chosen} onClick={() => onChoose(chosen ? null : code)}>
          {words.times(count)}
          <span className="unseen">
            {' '}
            – {words.show} {name}
          </span>
        </Button>
      </div>
      <code className={style.code}>{code}</code>
      {means && <p>{means}</p>}
      {todo && <p className={style.todo}>{todo}</p>}
    </article>
  )
}
