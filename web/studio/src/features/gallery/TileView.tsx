/** One plate on the wall: a file with its legend, or where a job that has none stands. */

import { hasEnded, type Snapshot } from '@estampe/client'
import { memo, type MouseEvent } from 'react'
import { Link } from 'wouter'
import { Viewer } from '../../media'
import { usePreview } from '../../server/live'
import { useFormat } from '../../ui/format'
import { useAddress } from './address'
import { promptOf, type Tile } from './tiles'
import { useWords } from './words'
import style from './TileView.module.css'

export interface TileViewProps {
  tile: Tile
  /** From 1. */
  column: number
  isCurrent: boolean
  isSelected: boolean
  /** Something is selected, so that a click goes on selecting where only a finger points. */
  selecting: boolean
  onToggle: (key: string) => void
  onReach: (key: string) => void
  onCurrent: (key: string) => void
}

export const TileView = memo(function TileView(props: TileViewProps) {
  const { tile, column, isCurrent, isSelected, selecting, onToggle, onReach, onCurrent } = props
  const words = useWords()
  const { to } = useAddress()
  const { job, file, position, of, key } = tile
  const prompt = promptOf(job)
  const part = of > 1 ? words.part(position + 1, of) : ''
  const choose = (event: MouseEvent) => (event.shiftKey ? onReach(key) : onToggle(key))
  return (
    <div
      role="gridcell"
      aria-colindex={column}
      aria-selected={isSelected}
      className={style.tile}
      data-job={job.job_id}
      data-current={isCurrent || undefined}
      data-selecting={selecting || undefined}
      onFocus={() => onCurrent(key)}
    >
      <Link to={to(job.job_id, position + 1)} className={style.open} tabIndex={isCurrent ? 0 : -1} draggable={false}>
        <span className={style.plate}>
          {file ? (
            <span className={style.fit} style={{ width: `${Math.min(1, file.width / file.height) * 100}%` }}>
              <Viewer kind={job.kind} file={file} alt="" />
            </span>
          ) : (
            <Quiet job={job} />
          )}
        </span>
        <span className={style.legend}>
          <span className={style.prompt}>{prompt}</span>
          {part && <span className={style.part}>{part}</span>}
        </span>
      </Link>
      <label className={style.check}>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={words.select([prompt, part].filter(Boolean).join(', '))}
          checked={isSelected}
          onChange={() => {}}
          onClick={choose}
        />
      </label>
    </div>
  )
})

/** What waits, runs or failed. */
export function Quiet({ job }: { job: Snapshot }) {
  const words = useWords()
  const format = useFormat()
  const preview = usePreview(job.job_id)
  const fraction = job.progress?.fraction ?? 0
  const said =
    job.status === 'queued' && job.queue_position
      ? words.place(format.number(job.queue_position))
      : job.status === 'running' && fraction > 0
        ? words.progress(format.percent(fraction))
        : words.statuses[job.status]
  return (
    <span className={style.quiet} data-status={job.status}>
      {preview && !hasEnded(job) && <img src={preview} alt="" className={style.preview} />}
      <span className={style.status}>{said}</span>
      {job.error && <span className={style.why}>{job.error.message}</span>}
      {job.status === 'running' && <progress value={fraction} aria-hidden="true" />}
    </span>
  )
}

/** The place of what is not here yet. */
export function PlateToCome({ column }: { column: number }) {
  return (
    <div role="gridcell" aria-colindex={column} className={style.tile}>
      <span className={`${style.plate} ${style.toCome}`} />
    </div>
  )
}
