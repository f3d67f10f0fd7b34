/** The refusals themselves, newest first; those alike in one minute are one line. */

import type { AuthEvent } from '@estampe/client'
import { useState } from 'react'
import { Button } from '../../ui/Button'
import { useFormat } from '../../ui/format'
import { Section } from '../../ui/PageHead'
import { Table, type Column } from '../../ui/Table'
import { useReason } from './reasons'
import { useWords } from './words'
import style from './signIns.module.css'

const keyOf = ({ at, reason, issuer, route, source, user_id, tenant_id }: AuthEvent): string =>
  [at, reason, issuer, route, source, user_id, tenant_id].join(' ')

const SOURCE_LETTERS = 8
const FIRST = 25

export function Events({ events, most }: { events: AuthEvent[]; most: number }) {
  const words = useWords()
  const columns = useColumns()
  const [shown, setShown] = useState(FIRST)
  return (
    <Section title={words.list}>
      <Table caption={words.list} columns={columns} rows={events.slice(0, shown)} keyOf={keyOf} />
      {events.length > shown && (
        <p className={style.more}>
          <Button onClick={() => setShown(most)}>{words.more(events.length - shown)}</Button>
        </p>
      )}
      <p className={style.under}>
        {words.sourceHint} {events.length === most && words.newest(most)}
      </p>
    </Section>
  )
}

function useColumns(): Column<AuthEvent>[] {
  const words = useWords()
  const { day, moment, number } = useFormat()
  const reasonOf = useReason()
  return [
    { name: words.why, head: true, cell: ({ reason }) => reasonOf(reason).name },
    {
      name: words.when,
      cell: ({ at }) => (
        <time dateTime={at} title={moment(at)}>
          {day(at, { dateStyle: 'medium', timeStyle: 'short' })}
        </time>
      ),
    },
    { name: words.issuer, cell: ({ issuer }) => (issuer === 'unknown' ? words.unknown : issuer) },
    { name: words.route, cell: ({ route }) => route && <code>{route}</code> },
    { name: words.who, cell: ({ user_id }) => user_id ?? words.unknown },
    {
      name: words.source,
      cell: ({ source }) => source && <code title={source}>{source.slice(0, SOURCE_LETTERS)}</code>,
    },
    { name: words.count, number: true, cell: ({ count }) => number(count) },
  ]
}
