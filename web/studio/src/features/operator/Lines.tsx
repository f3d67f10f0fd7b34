/** Each model's line: how many wait, for how long, and who makes it. */

import type { LineOfModel } from '@estampe/client'
import { Badge } from '../../ui/Badge'
import { useFormat } from '../../ui/format'
import { Nothing } from '../../ui/Nothing'
import { Section } from '../../ui/PageHead'
import { Table, type Column } from '../../ui/Table'
import { useWords } from './words'

export function Lines({ lines }: { lines: LineOfModel[] }) {
  const words = useWords()
  const columns = useColumns()
  return (
    <Section title={words.models}>
      {lines.length > 0 ? (
        <Table caption={words.models} columns={columns} rows={lines} keyOf={({ model }) => model} />
      ) : (
        <Nothing title={words.noModel} />
      )}
    </Section>
  )
}

function useColumns(): Column<LineOfModel>[] {
  const words = useWords()
  const { number, seconds } = useFormat()
  return [
    { name: words.model, head: true, cell: ({ model }) => model },
    { name: words.waiting, number: true, cell: ({ queued }) => number(queued) },
    {
      name: words.oldest,
      number: true,
      cell: ({ queued, oldest_seconds }) => (queued > 0 ? seconds(oldest_seconds) : '–'),
    },
    { name: words.expected, number: true, cell: ({ gpu_seconds }) => seconds(gpu_seconds) },
    { name: words.running, number: true, cell: ({ running }) => number(running) },
    {
      name: words.workers,
      number: true,
      cell: ({ workers }) => (workers > 0 ? number(workers) : <Badge tone="trouble">{words.nobody}</Badge>),
    },
  ]
}
