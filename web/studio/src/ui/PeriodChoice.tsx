/** From which day to which: the usual ones, or two days of one's own. */

import { useId } from 'react'
import { control } from './Field'
import { inBoth } from './language'
import { dayOf, lengthOf, preset, type Period, type Preset } from './period'
import style from './PeriodChoice.module.css'

const useWords = inBoth(
  {
    period: 'Period',
    presets: { '1d': 'Today', '7d': 'Last 7 days', '30d': 'Last 30 days', '90d': 'Last 90 days', month: 'This month' },
    own: 'Own dates',
    from: 'From',
    to: 'To',
  },
  {
    period: 'Période',
    presets: {
      '1d': 'Aujourd’hui',
      '7d': '7 derniers jours',
      '30d': '30 derniers jours',
      '90d': '90 derniers jours',
      month: 'Ce mois-ci',
    },
    own: 'Dates choisies',
    from: 'Du',
    to: 'Au',
  },
)

const LONGEST_DAYS = 366

export interface PeriodChoiceProps {
  period: Period
  onChoose: (period: Period) => void
  /** The usual ones that are offered. */
  presets: readonly Preset[]
}

export function PeriodChoice({ period, onChoose, presets }: PeriodChoiceProps) {
  const words = useWords()
  const id = useId()
  const choose = (name: string) =>
    onChoose(name === 'own' ? { ...period, chosen: 'own' } : preset(name as Preset, new Date()))
  return (
    <div className={style.choice}>
      <label htmlFor={id} className="unseen">
        {words.period}
      </label>
      <select id={id} className={control} value={period.chosen} onChange={(event) => choose(event.target.value)}>
        {presets.map((name) => (
          <option key={name} value={name}>
            {words.presets[name]}
          </option>
        ))}
        <option value="own">{words.own}</option>
      </select>
      {period.chosen === 'own' && <OwnDays period={period} onChoose={onChoose} />}
    </div>
  )
}

/** A day that is emptied or too far from the other is not taken: the page stays as it is. */
function OwnDays({ period, onChoose }: Omit<PeriodChoiceProps, 'presets'>) {
  const words = useWords()
  const today = dayOf(new Date())
  const take = (change: Partial<Period>) => {
    const next = { ...period, ...change }
    if (next.from && next.to && next.from <= next.to && lengthOf(next) <= LONGEST_DAYS) onChoose(next)
  }
  return (
    <>
      <label className={style.day}>
        {words.from}
        <input
          type="date"
          className={control}
          defaultValue={period.from}
          max={period.to}
          onChange={(event) => take({ from: event.target.value })}
        />
      </label>
      <label className={style.day}>
        {words.to}
        <input
          type="date"
          className={control}
          defaultValue={period.to}
          min={period.from}
          max={today}
          onChange={(event) => take({ to: event.target.value })}
        />
      </label>
    </>
  )
}
