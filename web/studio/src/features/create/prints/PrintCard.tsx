/** One print, from the click on: its place, how far it is, what came of it, and what can be done next. */

import { hasEnded, type OutputFile, type Snapshot } from '@estampe/client'
import { useState } from 'react'
import { useHeard } from '../../../server/live'
import { Button } from '../../../ui/Button'
import { useFormat } from '../../../ui/format'
import { Dice, Sliders } from '../../../ui/icons'
import { Trouble } from '../../../ui/Trouble'
import type { Print } from '../usePrints'
import { useWords } from '../words'
import { Plate } from './Plate'
import { standing } from './standing'
import style from './prints.module.css'

export interface PrintDeeds {
  cancel: (print: Print) => Promise<void>
  /** Puts its settings in the form; to mend a failure, too. */
  use: (job: Snapshot) => void
  fresh: (job: Snapshot) => void
  start: ((file: OutputFile) => void) | undefined
  animate: ((file: OutputFile) => void) | undefined
}

export interface Promised {
  width: number
  height: number
  count: number
}

export function PrintCard({ print, promised, deeds }: { print: Print; promised: Promised; deeds: PrintDeeds }) {
  const { job, ask } = print
  const prompt = String(job?.parameters.prompt ?? ask?.body.prompt ?? '')
  const status = job?.status ?? 'asked'
  return (
    <article className={style.card} data-status={status} aria-label={prompt}>
      <Plate
        {...promised}
        job={job}
        prompt={prompt}
        said={job && <Over job={job} />}
        onStart={deeds.start}
        onAnimate={deeds.animate}
      />
      <div className={style.under}>
        <p className={style.prompt} title={prompt}>
          {prompt}
        </p>
        {job && hasEnded(job) ? (
          <Ended job={job} deeds={deeds} />
        ) : (
          <UnderWay print={print} prompt={prompt} {...deeds} />
        )}
      </div>
    </article>
  )
}

function UnderWay({ print, prompt, cancel }: { print: Print; prompt: string } & Pick<PrintDeeds, 'cancel'>) {
  const words = useWords()
  const format = useFormat()
  const heard = useHeard()
  const [asked, setAsked] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const { job, ask } = print
  const fraction = job?.status === 'running' ? job.progress?.fraction : undefined
  const going = asked || ask?.canceled || job?.status === 'canceling'
  const end = () => {
    setAsked(true)
    setError(null)
    cancel(print).catch((refused: unknown) => {
      setError(refused)
      setAsked(false)
    })
  }
  return (
    <>
      <progress className={style.bar} value={fraction} max={1} aria-label={words.progress(prompt)} />
      <div className={style.line}>
        <span className={style.standing}>
          {going ? words.canceling : heard || !job ? standing(job, words, format) : words.lost}
        </span>
        <Button small tone="quiet" disabled={going} onClick={end}>
          {words.cancel}
        </Button>
      </div>
      <Trouble error={error} />
    </>
  )
}

/** Why there is nothing. */
function Over({ job }: { job: Snapshot }) {
  const words = useWords()
  const format = useFormat()
  return (
    <p className={style.standing} data-failed={job.status === 'failed'}>
      {standing(job, words, format)}
    </p>
  )
}

function Ended({ job, deeds }: { job: Snapshot; deeds: PrintDeeds }) {
  const words = useWords()
  const { ignored = [], read_as: readAs = [] } = job.notes
  const made = job.status === 'succeeded'
  return (
    <>
      {!made && job.outputs.length > 0 && <Over job={job} />}
      {ignored.length > 0 && made && (
        <p className={style.note}>{words.ignored(ignored.map(words.quoted).join(', '))}</p>
      )}
      {readAs.length > 0 && made && <p className={style.note}>{words.readAs(readAs.join(', '))}</p>}
      <div className={style.deeds}>
        <Button small tone="quiet" title={made ? words.useLong : undefined} onClick={() => deeds.use(job)}>
          <Sliders /> {made ? words.use : words.edit}
        </Button>
        {made && (
          <Button small tone="quiet" title={words.freshLong} onClick={() => deeds.fresh(job)}>
            <Dice /> {words.fresh}
          </Button>
        )}
      </div>
    </>
  )
}
