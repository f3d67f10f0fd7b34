/** The whole installation at a glance: workers, models, whose jobs wait, what the last day made. */

import type { Overview } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useQuery } from '@tanstack/react-query'
import { overviewQuery } from '../../server/admin'
import { useFormat } from '../../ui/format'
import { PageHead } from '../../ui/PageHead'
import { Skeleton } from '../../ui/Skeleton'
import { Trouble } from '../../ui/Trouble'
import { Hours } from './Hours'
import { Lines } from './Lines'
import { Queues } from './Queues'
import { useWords } from './words'
import { Workers } from './Workers'
import style from './operator.module.css'

export default function Page() {
  const words = useWords()
  const { day } = useFormat()
  const { data, error, refetch } = useQuery(overviewQuery(useEstampe()))
  return (
    <>
      <PageHead title={words.title} lead={words.lead}>
        {data && <p className={style.asOf}>{words.asOf(day(data.at, { timeStyle: 'medium' }))}</p>}
      </PageHead>
      <Trouble error={error} again={() => void refetch()} />
      {!data && !error && <Skeleton height={10} rows={3} />}
      {data && (
        <>
          <Figures overview={data} />
          <Workers workers={data.workers} now={data.at} />
          <Lines lines={data.models} />
          <Queues queues={data.tenants} />
          <Hours hours={data.throughput} />
        </>
      )}
    </>
  )
}

function Figures({ overview: { workers, models } }: { overview: Overview }) {
  const words = useWords()
  const { number, seconds } = useFormat()
  const alive = workers.filter((one) => one.alive)
  const of = (rows: Overview['models'], name: 'queued' | 'running' | 'gpu_seconds') =>
    rows.reduce((sum, row) => sum + row[name], 0)
  const slots = alive.reduce((sum, one) => sum + one.slots, 0)
  const figures = [
    [words.workersAlive, number(alive.length)],
    [words.slots, number(slots)],
    [words.running, number(of(models, 'running'))],
    [words.waiting, number(of(models, 'queued'))],
    [words.expected, seconds(of(models, 'gpu_seconds'))],
  ] as const
  return (
    <dl className={style.figures}>
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
