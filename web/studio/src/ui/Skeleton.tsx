/** Keeps the place of what is on its way. */

import { inBoth } from './language'
import style from './Skeleton.module.css'

const useWords = inBoth({ loading: 'Loading…' }, { loading: 'Chargement…' })

export interface SkeletonProps {
  /** In rem: of what will stand there. */
  height: number
  rows?: number
}

export function Skeleton({ height, rows = 1 }: SkeletonProps) {
  const words = useWords()
  return (
    <div className={style.skeleton} role="status">
      <span className="unseen">{words.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={style.block} style={{ height: `${height}rem` }} />
      ))}
    </div>
  )
}
