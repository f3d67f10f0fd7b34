/** What was used, by whom and by what, and what is left. */

import { useEstampe } from '@estampe/react'
import { useQuery } from '@tanstack/react-query'
import { reportQuery } from '../../server/admin'
import { useMay, useMe } from '../../server/queries'
import { oneOf, useAddress } from '../../ui/address'
import { LinkButton } from '../../ui/Button'
import { Nothing } from '../../ui/Nothing'
import { PageHead, Section } from '../../ui/PageHead'
import { readPeriod, writePeriod, type Period } from '../../ui/period'
import { PeriodChoice } from '../../ui/PeriodChoice'
import { Segments } from '../../ui/Segments'
import { Skeleton } from '../../ui/Skeleton'
import { Trouble } from '../../ui/Trouble'
import { Left } from './Left'
import { measuresOf, type Split } from './measures'
import { ByDay, Shared } from './Plots'
import { SaveCsv } from './SaveCsv'
import { Tiles } from './Tiles'
import { useWords } from './words'
import style from './Page.module.css'

const USUAL = '30d'
const SHARED: Split[] = ['user', 'model', 'kind']
const PRESETS = ['7d', '30d', '90d', 'month'] as const

export default function Page() {
  const words = useWords()
  const [said, say] = useAddress()
  const alone = useMe().data?.organization_id == null
  const may = useMay('usage:read')
  const period = readPeriod(said, USUAL)
  const whose = may && !alone ? oneOf(said.get('of'), ['all', 'mine']) : 'mine'
  const choices = [
    { value: 'all', label: words.all },
    { value: 'mine', label: words.mine },
  ] as const
  return (
    <>
      <PageHead title={words.title} lead={whose === 'all' ? words.leadAll : words.leadMine}>
        {may && !alone && (
          <Segments
            legend={words.whose}
            value={whose}
            choices={choices}
            onChoose={(of) => say({ of: of === 'all' ? null : of })}
          />
        )}
        <PeriodChoice period={period} presets={PRESETS} onChoose={(chosen) => say(writePeriod(chosen, USUAL))} />
        <SaveCsv period={period} mine={whose === 'mine'} />
      </PageHead>
      {!may && <p className={style.note}>{words.onlyMine}</p>}
      <Left />
      <Made period={period} mine={whose === 'mine'} />
    </>
  )
}

function Made({ period, mine }: { period: Period; mine: boolean }) {
  const words = useWords()
  const [said, say] = useAddress()
  const asked = { from: period.from, to: period.to, mine, group_by: ['kind' as const] }
  const { data, error, refetch } = useQuery(reportQuery(useEstampe(), asked))
  const rows = data?.rows ?? []
  const splits: [Split, ...Split[]] = mine ? ['model', 'kind'] : ['model', 'kind', 'user']
  const [first, ...others] = measuresOf(rows) as [string, ...string[]]
  const shown = { period, mine, measure: oneOf(said.get('measure'), [first, ...others]) }
  if (error && !data) {
    return (
      <Section title={words.made}>
        <Trouble error={error} again={() => void refetch()} />
      </Section>
    )
  }
  if (data && rows.length === 0) return <NothingMade />
  return (
    <>
      <Section title={words.made}>
        {data ? (
          <Tiles rows={rows} chosen={shown.measure} onChoose={(measure) => say({ measure })} />
        ) : (
          <Skeleton height={5.5} />
        )}
      </Section>
      <ByDay {...shown} split={oneOf(said.get('by'), splits)} splits={splits} onSplit={(by) => say({ by })} />
      <Shared {...shown} splits={SHARED.filter((split) => splits.includes(split))} />
    </>
  )
}

function NothingMade() {
  const words = useWords()
  return (
    <Section title={words.made}>
      <Nothing title={words.nothing}>
        <p>{words.nothingHint}</p>
        <LinkButton to="/generate-images" tone="primary">
          {words.make}
        </LinkButton>
      </Nothing>
    </Section>
  )
}
