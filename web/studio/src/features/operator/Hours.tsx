/** What ended in each of the last 24 hours. */

import type { HourOfWork } from '@estampe/client'
import { Chart } from '../../ui/Chart'
import { sum } from '../../ui/chart-scale'
import { useFormat } from '../../ui/format'
import { Nothing } from '../../ui/Nothing'
import { Section } from '../../ui/PageHead'
import { useWords } from './words'
import style from './operator.module.css'

const ENDS = ['succeeded', 'failed', 'canceled', 'expired'] as const

export function Hours({ hours }: { hours: HourOfWork[] }) {
  const words = useWords()
  const { day, number, seconds } = useFormat()
  const series = ENDS.map((end) => ({ key: end, name: words.ended[end], values: hours.map((hour) => hour[end]) }))
  const happened = series.filter(({ values }) => sum(values) > 0)
  const count = sum(happened.map(({ values }) => sum(values)))
  const spent = sum(hours.map(({ gpu_seconds }) => gpu_seconds))
  const places = hours.map(({ hour }) => ({
    key: hour,
    label: day(hour, { hour: 'numeric', minute: '2-digit' }),
    title: day(hour, { weekday: 'short', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit' }),
  }))
  return (
    <Section title={words.hours} aside={count > 0 && <p className={style.asOf}>{words.day(count, seconds(spent))}</p>}>
      {count > 0 ? (
        <Chart title={words.jobs} along={words.hour} places={places} series={happened} say={(value) => number(value)} />
      ) : (
        <Nothing title={words.nothingEnded} />
      )}
    </Section>
  )
}
