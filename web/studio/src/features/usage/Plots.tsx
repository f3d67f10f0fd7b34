/** The chosen measure: day by day, and shared among people, models and kinds. */

import type { UsageQuery, UsageReport } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useQuery } from '@tanstack/react-query'
import { reportQuery } from '../../server/admin'
import { Chart } from '../../ui/Chart'
import { ranked } from '../../ui/chart-scale'
import { useFormat } from '../../ui/format'
import { daysIn, type Period } from '../../ui/period'
import { Section } from '../../ui/PageHead'
import { Segments } from '../../ui/Segments'
import { Shares } from '../../ui/Shares'
import { Skeleton } from '../../ui/Skeleton'
import { Trouble } from '../../ui/Trouble'
import { byDay, said, shared, type Measure, type Split } from './measures'
import { useMeasureName, useNamed } from './named'
import { useWords } from './words'
import style from './Plots.module.css'

const MOST_SERIES = 6
const CHART_REM = 23

export interface Asked {
  period: Period
  mine: boolean
  measure: Measure
}

const query = ({ period, mine }: Asked, group_by: NonNullable<UsageQuery['group_by']>): UsageQuery => ({
  from: period.from,
  to: period.to,
  mine,
  group_by,
})

export interface ByDayProps extends Asked {
  split: Split
  splits: Split[]
  onSplit: (split: Split) => void
}

export function ByDay({ split, splits, onSplit, ...asked }: ByDayProps) {
  const words = useWords()
  const { data, error } = useQuery(reportQuery(useEstampe(), query(asked, ['day', split])))
  const choices = splits.map((value) => ({ value, label: words.splits[value] }))
  const choice = <Segments legend={words.split} shown value={split} choices={choices} onChoose={onSplit} />
  return (
    <Section title={words.byDay} aside={choice}>
      <Trouble error={error} />
      {data ? <Days report={data} asked={asked} /> : !error && <Skeleton height={CHART_REM} />}
    </Section>
  )
}

/** Until another split is there, the one before is shown: so the report says what it is split by. */
function Days({ report: { rows, group_by }, asked: { period, measure } }: { report: UsageReport; asked: Asked }) {
  const words = useWords()
  const format = useFormat()
  const named = useNamed()
  const split = group_by.find((name) => name !== 'day') as Split
  const title = `${useMeasureName()(measure)}, ${words.byDay.toLowerCase()}`
  const days = daysIn(period)
  const series = byDay(rows, days, split, measure).map((one) => ({ ...one, name: named(split, one.key) }))
  const places = days.map((day) => ({
    key: day,
    label: format.day(day, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
    title: format.day(day, { dateStyle: 'full', timeZone: 'UTC' }),
  }))
  return (
    <Chart
      title={title}
      along={words.day}
      places={places}
      series={ranked(series, MOST_SERIES, words.rest)}
      say={(value) => said(format, measure, value)}
    />
  )
}

export function Shared({ splits, ...asked }: Asked & { splits: Split[] }) {
  return (
    <div className={style.shared}>
      {splits.map((split) => (
        <By key={split} split={split} {...asked} />
      ))}
    </div>
  )
}

function By({ split, ...asked }: Asked & { split: Split }) {
  const words = useWords()
  const format = useFormat()
  const named = useNamed()
  const measure = useMeasureName()(asked.measure)
  const { data, error } = useQuery(reportQuery(useEstampe(), query(asked, [split])))
  const found = shared(data?.rows ?? [], split, asked.measure)
  const shares = found.map(({ group, value }) => ({ key: group, name: named(split, group), value }))
  return (
    <section className={style.one}>
      <h3>{words.by[split]}</h3>
      <Trouble error={error} />
      {!data && !error && <Skeleton height={2.25} rows={2} />}
      {data && shares.length === 0 && <p className={style.none}>{words.none}</p>}
      {shares.length > 0 && (
        <Shares
          title={words.splits[split]}
          measure={measure}
          shares={shares}
          say={(value) => said(format, asked.measure, value)}
        />
      )}
    </section>
  )
}
