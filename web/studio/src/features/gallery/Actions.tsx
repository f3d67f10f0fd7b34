/** What can be done with one thing that was made. */

import { hasEnded, type Model } from '@estampe/client'
import { useEstampe, useModels } from '@estampe/react'
import { useQueryClient } from '@tanstack/react-query'
import { attached } from '../../media/attached'
import { put } from '../../server/live'
import { Button, LinkButton } from '../../ui/Button'
import { Brush, Clip, Close, Dice, Download, Repeat, Sliders, Trash } from '../../ui/icons'
import { useTell } from '../../ui/toast'
import { said } from '../../ui/Trouble'
import { useDetailWords } from './detailWords'
import { download, nameOf } from './download'
import { takes } from './parameters'
import { useRemake } from './remake'
import type { Tile } from './tiles'
import button from '../../ui/Button.module.css'
import style from './Actions.module.css'

const STARTS = 'input_asset_id'

export function Actions({ tile, onRemove }: { tile: Tile; onRemove: () => void }) {
  const words = useDetailWords()
  const remake = useRemake()
  const { job, file } = tile
  if (!hasEnded(job)) return <Cancel id={job.job_id} />
  return (
    <div className={style.actions}>
      <LinkButton to={`/generate-${job.kind}s?from=${job.job_id}`} tone="primary" className={style.first!}>
        <Sliders />
        {words.reuse}
      </LinkButton>
      <Button disabled={remake.isBusy} onClick={() => remake.vary(job)}>
        <Dice />
        {words.vary}
      </Button>
      <Button disabled={remake.isBusy} onClick={() => remake.repeat(job)}>
        <Repeat />
        {words.repeat}
      </Button>
      {file && <Starts tile={tile} />}
      {file && (
        <a
          className={button.button}
          href={attached(file.url)}
          download={nameOf(tile)}
          onClick={(event) => {
            event.preventDefault()
            void download(tile)
          }}
        >
          <Download />
          {words.download}
        </a>
      )}
      <Button tone="danger" onClick={onRemove}>
        <Trash />
        {words.delete}
      </Button>
    </div>
  )
}

/** A picture may be the start of another, or of a clip, where some model says that it takes one. */
function Starts({ tile: { job, file } }: { tile: Tile }) {
  const words = useDetailWords()
  const models = useModels().data ?? []
  const some = (kind: string) => models.some((model: Model) => model.kind === kind && takes(model, STARTS))
  if (job.kind !== 'image') return null
  return (
    <>
      {some('video') && (
        <LinkButton to={`/generate-videos?start=${file!.asset_id}`}>
          <Clip />
          {words.animate}
        </LinkButton>
      )}
      {some('image') && (
        <LinkButton to={`/generate-images?start=${file!.asset_id}`}>
          <Brush />
          {words.start}
        </LinkButton>
      )}
    </>
  )
}

function Cancel({ id }: { id: string }) {
  const words = useDetailWords()
  const site = useEstampe()
  const queries = useQueryClient()
  const tell = useTell()
  const cancel = () =>
    site.client.jobs.cancel(id).then(
      (job) => put(site, queries, job),
      (error: unknown) => tell({ title: said(error), tone: 'trouble' }),
    )
  return (
    <div className={style.actions}>
      <Button onClick={() => void cancel()}>
        <Close />
        {words.cancel}
      </Button>
    </div>
  )
}
