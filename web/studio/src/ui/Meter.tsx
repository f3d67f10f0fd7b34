/** How much of a quantity is used, and how much of it is spoken for. */

import style from './Meter.module.css'

export interface MeterProps {
  name: string
  /** In words: what a screen reader reads in the place of the number. */
  said: string
  limit: number
  used: number
  /** On its way: begun or asked for, and not ended. */
  held?: number
}

const NEARLY = 0.9

export function Meter({ name, said, limit, used, held = 0 }: MeterProps) {
  const share = (value: number) => (limit > 0 ? Math.min(Math.max(value / limit, 0), 1) : 1)
  const [spent, all] = [share(used), share(used + held)]
  return (
    <div
      role="meter"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuenow={Math.min(used + held, limit)}
      aria-valuetext={said}
      className={style.meter}
      data-full={all >= NEARLY || undefined}
    >
      <div className={style.used} style={{ width: `${spent * 100}%` }} />
      <div className={style.held} style={{ width: `${(all - spent) * 100}%` }} />
    </div>
  )
}
