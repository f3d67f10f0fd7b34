/** Who was refused and why, over time and one by one. */

import { useEstampe } from '@estampe/react'
import { useQuery } from '@tanstack/react-query'
import { authEventsQuery } from '../../server/admin'
import { useMay } from '../../server/queries'
import { useAddress } from '../../ui/address'
import { Nothing } from '../../ui/Nothing'
import { PageHead } from '../../ui/PageHead'
import { readPeriod, writePeriod } from '../../ui/period'
import { PeriodChoice } from '../../ui/PeriodChoice'
import { Skeleton } from '../../ui/Skeleton'
import { Trouble } from '../../ui/Trouble'
import { Events } from './Events'
import { OverTime } from './OverTime'
import { Reasons } from './Reasons'
import { ACCEPTED, momentsOf, refusedIn, stepOf } from './refusals'
import { useWords } from './words'
import style from './signIns.module.css'

const USUAL = '7d'
const PRESETS = ['1d', '7d', '30d'] as const
const MOST_EVENTS = 200

export default function Page() {
  const words = useWords()
  const [said, say] = useAddress()
  const everyone = useMay('operator')
  const period = readPeriod(said, USUAL)
  const reason = said.get('reason')
  const step = stepOf(period)
  const asked = {
    ...momentsOf(period),
    group_by: step,
    refused: true,
    limit: MOST_EVENTS,
    ...(reason !== null && { reason }),
  }
  const { data, error, refetch } = useQuery(authEventsQuery(useEstampe(), asked))
  const choose = (chosen: string | null) => say({ reason: chosen })
  const refused = refusedIn(data?.counts ?? {})
  return (
    <>
      <PageHead title={words.title} lead={everyone ? words.lead : words.leadOrganization}>
        <PeriodChoice
          period={period}
          presets={PRESETS}
          onChoose={(chosen) => say({ ...writePeriod(chosen, USUAL), reason: null })}
        />
      </PageHead>
      <Trouble error={error} again={() => void refetch()} />
      {!data && !error && <Skeleton height={12} rows={3} />}
      {data && refused.length === 0 && <Nothing title={words.noRefusal}>{words.noRefusalHint}</Nothing>}
      {data && <p className={style.accepted}>{words.accepted(data.counts[ACCEPTED] ?? 0)}</p>}
      {data && refused.length > 0 && (
        <>
          <OverTime groups={data.groups} period={period} step={step} />
          <Reasons refused={refused} chosen={reason} onChoose={choose} />
          <Events events={data.events} most={MOST_EVENTS} />
        </>
      )}
    </>
  )
}
