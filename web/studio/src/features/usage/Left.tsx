/** What is left of the plan: a meter for each quota, and when it starts anew. */

import type { Allowance } from '@estampe/client'
import { useMe } from '../../server/queries'
import { useFormat } from '../../ui/format'
import { Meter } from '../../ui/Meter'
import { Section } from '../../ui/PageHead'
import { said } from './measures'
import { useMeasureName } from './named'
import { useWords } from './words'
import style from './Left.module.css'

export function Left() {
  const words = useWords()
  const format = useFormat()
  const me = useMe().data
  if (!me) return null
  const { allowance } = me
  const quotas = Object.entries(allowance.quotas)
  const about = [quotas.length > 0 && words.anew(format.moment(allowance.period_ends_at))]
  if (quotas.length > 0 && me.organization_id !== null) about.push(words.shared)
  return (
    <Section title={words.left} aside={<span className={style.plan}>{words.plan(allowance.plan)}</span>}>
      <div className={style.left}>
        {quotas.length === 0 && <p className={style.free}>{words.unlimited}</p>}
        {quotas.map(([unit, quota]) => (
          <Quota key={unit} unit={unit} quota={quota} />
        ))}
        <Slots name={words.waiting} count={allowance.queued} limit={allowance.max_queued} />
        <Slots name={words.running} count={allowance.running} limit={allowance.max_running} />
      </div>
      <p className={style.about}>{about.filter(Boolean).join(' ')}</p>
    </Section>
  )
}

function Quota({ unit, quota }: { unit: string; quota: Allowance['quotas'][string] }) {
  const words = useWords()
  const format = useFormat()
  const name = useMeasureName()(unit)
  const say = (value: number) => said(format, unit, value)
  const rest = words.leftOf(say(quota.left), say(quota.limit))
  const detail = [words.spent(say(quota.spent)), quota.reserved > 0 && words.held(say(quota.reserved))]
  return (
    <div className={style.one}>
      <p className={style.name}>{name}</p>
      <p className={style.rest}>{rest}</p>
      <Meter name={name} said={rest} limit={quota.limit} used={quota.spent} held={quota.reserved} />
      <p className={style.detail}>{detail.filter(Boolean).join(' · ')}</p>
    </div>
  )
}

function Slots({ name, count, limit }: { name: string; count: number; limit: number | null }) {
  const words = useWords()
  const { number } = useFormat()
  if (limit === null) {
    return (
      <div className={style.one}>
        <p className={style.name}>{name}</p>
        <p className={style.rest}>{number(count)}</p>
        <p className={style.detail}>{words.unlimitedNow}</p>
      </div>
    )
  }
  const rest = words.of(number(count), number(limit))
  return (
    <div className={style.one}>
      <p className={style.name}>{name}</p>
      <p className={style.rest}>{rest}</p>
      <Meter name={name} said={rest} limit={limit} used={count} />
    </div>
  )
}
