/** Refusals by reason, hour by hour or day by day. */

import type { AuthEventPage } from '@estampe/client'
import { Chart } from '../../ui/Chart'
import { ranked } from '../../ui/chart-scale'
import { useFormat } from '../../ui/format'
import { Section } from '../../ui/PageHead'
import type { Period } from '../../ui/period'
import { useReason } from './reasons'
import { placesOf, seriesOf, type Step } from './refusals'
import { useWords } from './words'
import style from './signIns.module.css'

const MOST_SERIES = 6
const UTC = { timeZone: 'UTC' } as const
const SHORT: Record<Step, Intl.DateTimeFormatOptions> = {
  hour: { hour: 'numeric', minute: '2-digit', ...UTC },
  day: { day: 'numeric', month: 'short', ...UTC },
}
const LONG: Record<Step, Intl.DateTimeFormatOptions> = {
  hour: { weekday: 'short', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', ...UTC },
  day: { dateStyle: 'full', ...UTC },
}

export interface OverTimeProps {
  groups: AuthEventPage['groups']
  period: Period
  step: Step
}

export function OverTime({ groups, period, step }: OverTimeProps) {
  const words = useWords()
  const { day, number } = useFormat()
  const reasonOf = useReason()
  const moments = placesOf(period, step)
  const series = seriesOf(groups, moments).map((one) => ({ ...one, name: reasonOf(one.key).name }))
  const places = moments.map((moment) => {
    const iso = new Date(moment).toISOString()
    return { key: iso, label: day(iso, SHORT[step]), title: day(iso, LONG[step]) }
  })
  return (
    <Section title={words.over} aside={<span className={style.small}>{words.utc}</span>}>
      <Chart
        title={words.over}
        along={words[step]}
        places={places}
        series={ranked(series, MOST_SERIES, words.rest)}
        say={(value) => number(value)}
      />
    </Section>
  )
}
