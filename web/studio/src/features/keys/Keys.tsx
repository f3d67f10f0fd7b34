/** The keys there are, newest first. */

import type { KeyFacts } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery } from '../../server/admin'
import { useMay, useMe } from '../../server/queries'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { useFormat } from '../../ui/format'
import { Nothing } from '../../ui/Nothing'
import { Skeleton } from '../../ui/Skeleton'
import { Table, type Column } from '../../ui/Table'
import { Trouble } from '../../ui/Trouble'
import { isOver, standing } from './standing'
import { Withdraw } from './Withdraw'
import { useWords } from './words'
import style from './keys.module.css'

export function Keys({ onMake }: { onMake: (() => void) | undefined }) {
  const words = useWords()
  const [leaving, setLeaving] = useState<KeyFacts | null>(null)
  const columns = useColumns(setLeaving)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    keysQuery(useEstampe()),
  )
  if (!data && !error) return <Skeleton height={3.5} rows={4} />
  return (
    <>
      <Trouble error={error} again={() => void refetch()} />
      {data?.length === 0 && <NoKey onMake={onMake} />}
      {data && data.length > 0 && (
        <Table caption={words.keys} columns={columns} rows={data} keyOf={({ key_id }) => key_id} isOver={isOver} />
      )}
      {hasNextPage && (
        <p className={style.more}>
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.more}
          </Button>
        </p>
      )}
      <Withdraw known={leaving} onClose={() => setLeaving(null)} />
    </>
  )
}

function NoKey({ onMake }: { onMake: (() => void) | undefined }) {
  const words = useWords()
  return (
    <Nothing title={words.none}>
      <p>{words.noneHint}</p>
      {onMake && (
        <Button tone="primary" onClick={onMake}>
          {words.make}
        </Button>
      )}
    </Nothing>
  )
}

function useColumns(onWithdraw: (key: KeyFacts) => void): Column<KeyFacts>[] {
  const words = useWords()
  const format = useFormat()
  const me = useMe().data
  const all = useMay('keys:manage') && me?.organization_id !== null
  const owner: Column<KeyFacts> = {
    name: words.owner,
    cell: ({ user_id }) => (user_id === me?.user_id ? words.you : user_id),
  }
  return [
    { name: words.name, head: true, cell: (key) => <Name known={key} /> },
    { name: words.begins, cell: ({ prefix }) => <code>{prefix}…</code> },
    { name: words.may, cell: ({ scopes }) => <Scopes scopes={scopes} /> },
    ...(all ? [owner] : []),
    { name: words.made, cell: ({ created_at }) => <Moment at={created_at} said={format.ago(created_at)} /> },
    {
      name: words.lastUsed,
      cell: ({ last_used_at: at }) => (at === null ? words.unused : <Moment at={at} said={format.ago(at)} />),
    },
    {
      name: words.expires,
      cell: ({ expires_at: at }) =>
        at === null ? words.never : <Moment at={at} said={format.day(at, { dateStyle: 'medium' })} />,
    },
    {
      name: words.actions,
      quiet: true,
      cell: (key) =>
        isOver(key) ? null : (
          <Button small tone="danger" onClick={() => onWithdraw(key)}>
            {words.withdraw}
            <span className="unseen"> {key.name}</span>
          </Button>
        ),
    },
  ]
}

const TONES = { active: 'good', soon: 'warn', expired: 'plain', withdrawn: 'plain' } as const

function Name({ known }: { known: KeyFacts }) {
  const words = useWords()
  const stands = standing(known)
  return (
    <span className={style.name}>
      {known.name}
      {stands !== 'active' && <Badge tone={TONES[stands]}>{words[stands]}</Badge>}
    </span>
  )
}

function Scopes({ scopes }: { scopes: string[] }) {
  const words = useWords()
  return (
    <ul className={style.scopes}>
      {scopes.map((scope) => (
        <li key={scope} title={words.scope[scope]}>
          <code>{scope}</code>
        </li>
      ))}
    </ul>
  )
}

function Moment({ at, said }: { at: string; said: string }) {
  const { moment } = useFormat()
  return (
    <time dateTime={at} title={moment(at)}>
      {said}
    </time>
  )
}
