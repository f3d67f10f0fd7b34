/** Where things are made: what is asked for on one side, what comes of it on the other. */

import type { OutputFile } from '@estampe/client'
import { useLocation } from 'wouter'
import { Button } from '../../ui/Button'
import { Trouble } from '../../ui/Trouble'
import { Composer } from './Composer'
import { START, takes } from './draft'
import { Invitation } from './Invitation'
import { Prints } from './prints/Prints'
import { Drop } from './start/Drop'
import { Unusable } from './start/Unusable'
import { useCreating } from './useCreating'
import { useKindWords, useWords } from './words'
import style from './create.module.css'

export default function Page({ kind = 'image' }: { kind?: string }) {
  const words = useWords()
  const { title } = useKindWords(kind)
  const [, navigate] = useLocation()
  const here = useCreating(kind)
  const { makers, model, may, draft, change, prints, failure, unusable, starting } = here
  const { models = [], livens } = makers
  const other = models.find((one) => takes(one, START))
  const lost = failure?.prompt && failure.prompt !== draft.prompt.trim() ? failure.prompt : undefined
  const startFrom = ({ asset_id }: OutputFile) => {
    here.begin(asset_id)
    scrollTo({ top: 0 })
  }
  return (
    <div className={style.page}>
      <Drop onFile={here.begin} onAsset={here.begin} />
      <section className={style.side} aria-labelledby="ask">
        <h1 id="ask">{title}</h1>
        {makers.models?.length === 0 && <NoWorker />}
        {!makers.models && <Trouble error={makers.error} />}
        {unusable && model && (
          <Unusable
            title={model.title}
            other={other}
            onUse={() => {
              change({ model: other!.name })
              here.bring(unusable)
            }}
            onClose={here.forgetUnusable}
          />
        )}
        <Trouble error={starting.trouble} />
        <Composer
          {...{ kind, models, model, may, draft, starting }}
          field={here.field}
          onChange={change}
          onMake={here.make}
          onFile={here.begin}
          faults={here.faults}
          remedy={lost && <Button small onClick={() => change({ prompt: lost })}>{`${words.edit}: ${lost}`}</Button>}
          latestSeed={latestSeed(prints.prints)}
        />
      </section>
      <section aria-label={words.yours} className={style.results}>
        {prints.isKnown && !prints.prints.length && (
          <Invitation kind={kind} onMake={model && may ? here.makeWords : undefined} />
        )}
        <Prints
          {...prints}
          models={models}
          deeds={{
            cancel: prints.cancel,
            use: here.use,
            fresh: here.again,
            start: other && startFrom,
            animate: livens ? ({ asset_id }) => navigate(`/generate-${livens}s?start=${asset_id}`) : undefined,
          }}
        />
      </section>
    </div>
  )
}

/** What locking the seed keeps: that of the newest print. */
function latestSeed(prints: ReturnType<typeof useCreating>['prints']['prints']): number | undefined {
  const seed = prints.find(({ job }) => job)?.job?.parameters.seed
  return typeof seed === 'number' ? seed : undefined
}

function NoWorker() {
  const words = useWords()
  return (
    <div role="status" className={style.notice}>
      <h2>{words.noWorker}</h2>
      <p>{words.noWorkerDo}</p>
    </div>
  )
}
