/** A picture came, and the model draws from words alone: what else there is. */

import type { Model } from '@estampe/client'
import { Button } from '../../../ui/Button'
import { useWords } from '../words'
import style from './start.module.css'

export function Unusable({ title, other, onUse, onClose }: UnusableProps) {
  const words = useWords()
  return (
    <div role="alert" className={style.unusable}>
      <p>
        {words.notTaken(title)} {!other && words.noneTakes}
      </p>
      <span>
        {other && (
          <Button small onClick={onUse}>
            {words.instead(other.title)}
          </Button>
        )}
        <Button small tone="quiet" onClick={onClose}>
          {words.dismiss}
        </Button>
      </span>
    </div>
  )
}

interface UnusableProps {
  title: string
  /** A model that could. */
  other: Model | undefined
  onUse: () => void
  onClose: () => void
}
