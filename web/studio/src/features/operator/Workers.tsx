/** The workers seen in the last hour: where they are, how they stand, what they make. */

import type { WorkerAtWork } from '@estampe/client'
import { Badge } from '../../ui/Badge'
import { useFormat } from '../../ui/format'
import { Nothing } from '../../ui/Nothing'
import { Section } from '../../ui/PageHead'
import { Table, type Column } from '../../ui/Table'
import { useWords } from './words'
import style from './operator.module.css'

export function Workers({ workers, now }: { workers: WorkerAtWork[]; now: string }) {
  const words = useWords()
  const columns = useColumns(Date.parse(now))
  const alive = workers.some((one) => one.alive)
  return (
    <Section title={words.workers}>
      {workers.length > 0 && !alive && (
        <p role="status" className={style.warning}>
          {words.allGone}
        </p>
      )}
      {workers.length > 0 && (
        <Table
          caption={words.workers}
          columns={columns}
          rows={workers}
          keyOf={({ worker_id }) => worker_id}
          isOver={(one) => !one.alive}
        />
      )}
      {workers.length === 0 && (
        <Nothing title={words.noWorker}>
          <p>{words.noWorkerHint}</p>
          <code>estampe worker</code>
        </Nothing>
      )}
    </Section>
  )
}

function useColumns(now: number): Column<WorkerAtWork>[] {
  const words = useWords()
  const { ago, moment } = useFormat()
  const since = (at: string) => (
    <time dateTime={at} title={moment(at)}>
      {ago(at, now)}
    </time>
  )
  return [
    { name: words.host, head: true, cell: ({ host }) => host },
    { name: words.stands, cell: (one) => <Stands worker={one} /> },
    { name: words.runs, cell: (one) => <Runs worker={one} /> },
    { name: words.models, cell: ({ models }) => models.join(', ') },
    { name: words.since, cell: ({ started_at }) => since(started_at) },
    { name: words.seen, cell: ({ seen_at }) => since(seen_at) },
    { name: words.version, cell: ({ version }) => version },
  ]
}

function Stands({ worker: { alive, draining } }: { worker: WorkerAtWork }) {
  const words = useWords()
  if (!alive) return <Badge tone="trouble">{words.gone}</Badge>
  return draining ? <Badge tone="warn">{words.draining}</Badge> : <Badge tone="good">{words.alive}</Badge>
}

function Runs({ worker: { running, slots } }: { worker: WorkerAtWork }) {
  const words = useWords()
  const models = Object.entries(running)
  const count = models.reduce((sum, [, jobs]) => sum + jobs, 0)
  return (
    <span title={words.busy(count, slots)}>
      {models.length === 0 ? words.nothing : models.map(([model, jobs]) => words.running1(model, jobs)).join(', ')}
    </span>
  )
}
