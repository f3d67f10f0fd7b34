/** Whose jobs wait and run: those with the most work before them first. */

import type { QueueOfTenant } from '@estampe/client'
import { useFormat } from '../../ui/format'
import { Nothing } from '../../ui/Nothing'
import { Section } from '../../ui/PageHead'
import { Table, type Column } from '../../ui/Table'
import { useWords } from './words'
import style from './operator.module.css'

export function Queues({ queues }: { queues: QueueOfTenant[] }) {
  const words = useWords()
  const columns = useColumns()
  return (
    <Section title={words.queues}>
      {queues.length > 0 ? (
        <Table caption={words.queues} columns={columns} rows={queues} keyOf={({ tenant_id }) => tenant_id} />
      ) : (
        <Nothing title={words.noQueue} />
      )}
    </Section>
  )
}

function useColumns(): Column<QueueOfTenant>[] {
  const words = useWords()
  const { number, seconds } = useFormat()
  return [
    { name: words.tenant, head: true, cell: (queue) => <Tenant queue={queue} /> },
    { name: words.waiting, number: true, cell: ({ queued }) => number(queued) },
    { name: words.expected, number: true, cell: ({ gpu_seconds }) => seconds(gpu_seconds) },
    { name: words.running, number: true, cell: ({ running }) => number(running) },
  ]
}

function Tenant({ queue: { organization_id, user_id, tenant_id, issuer } }: { queue: QueueOfTenant }) {
  const words = useWords()
  const name = organization_id ?? (user_id === null ? tenant_id : `${user_id} (${words.alone})`)
  return (
    <span className={style.tenant}>
      {name}
      <small>{issuer}</small>
    </span>
  )
}
