/** How much may still be made, quietly; and clearly once there is nothing left. */

import { useMe } from '../../server/queries'
import { useFormat } from '../../ui/format'
import { useWords } from './words'
import style from './create.module.css'

/** Every kind may be bounded by the time it takes. */
const SHARED = 'gpu_seconds'

export function Quota({ kind }: { kind: string }) {
  const words = useWords()
  const format = useFormat()
  const allowance = useMe().data?.allowance
  if (!allowance) return null
  const until = format.day(allowance.period_ends_at, { day: 'numeric', month: 'long' })
  const ours = Object.entries(allowance.quotas).filter(([unit]) => unit.startsWith(kind) || unit === SHARED)
  return ours.map(([unit, { left, limit }]) => {
    const amount = (value: number) => {
      const number = format.number(value, { maximumFractionDigits: value < 10 ? 1 : 0 })
      return words.units[unit]?.(number, value) ?? number
    }
    const spent = left <= 0
    return (
      <p key={unit} className={spent ? style.spent : style.quota} role={spent ? 'alert' : undefined}>
        {spent
          ? words.spent(words.unitNames[unit] ?? unit, until)
          : words.left(format.number(left, { maximumFractionDigits: 0 }), amount(limit), until)}
      </p>
    )
  })
}
