/** One thing that was made, large, with all that is known of it and all that can be done with it. */

import { hasEnded, isEstampeError, type Snapshot } from '@estampe/client'
import { useEffect, type KeyboardEvent } from 'react'
import { Viewer } from '../../media'
import { Button, IconButton } from '../../ui/Button'
import { Empty } from '../../ui/Empty'
import { Left, Right } from '../../ui/icons'
import { said, Trouble } from '../../ui/Trouble'
import { Actions } from './Actions'
import { useAddress } from './address'
import { useDetailWords } from './detailWords'
import { Facts } from './Facts'
import { useOneJob } from './jobQuery'
import { Sheet, SheetTitle } from './Sheet'
import { Strip } from './Strip'
import { promptOf, tilesOfJob, type Tile } from './tiles'
import { Quiet } from './TileView'
import { useRenewal } from './useRenewal'
import style from './Detail.module.css'

export interface DetailProps {
  id: string
  /** The wall behind it: what comes before and after. */
  tiles: Tile[]
  more: () => void
  onRemove: (tiles: Tile[]) => void
}

const NEAR_THE_END = 20

export function Detail({ id, tiles, more, onRemove }: DetailProps) {
  const words = useDetailWords()
  const { close, open, output } = useAddress()
  const at = tiles.findIndex(({ job, position }) => job.job_id === id && position === output - 1)
  const around = at < 0 ? tiles.findIndex(({ job }) => job.job_id === id) : at
  const query = useOneJob(id, tiles[around]?.job)
  const [previous, next] = around < 0 ? [] : [tiles[around - 1], tiles[around + 1]]
  useEffect(() => {
    if (around >= tiles.length - NEAR_THE_END) more()
  }, [around, tiles.length])
  const go = (tile: Tile | undefined) => tile && open(tile.job.job_id, tile.position + 1, true)
  const steps = (event: KeyboardEvent) => {
    if (!walks(event)) return
    if (event.key === 'ArrowLeft') go(previous)
    if (event.key === 'ArrowRight') go(next)
    if (event.key === 'Delete' && query.data) remove()
  }
  const remove = () => {
    const of = tiles.filter(({ job }) => job.job_id === id)
    const first = tiles.findIndex(({ job }) => job.job_id === id)
    const after = tiles[first + of.length] ?? tiles[first - 1]
    if (first >= 0 && after) go(after)
    else close()
    onRemove(of.length ? of : tilesOfJob(query.data!))
  }
  return (
    <Sheet onClose={close} onKeyDown={steps}>
      {query.data ? (
        <Shown job={query.data} output={output} onRemove={remove}>
          <IconButton
            label={words.previous}
            sign={Left}
            tone="plain"
            disabled={!previous}
            onClick={() => go(previous)}
          />
          <IconButton label={words.next} sign={Right} tone="plain" disabled={!next} onClick={() => go(next)} />
        </Shown>
      ) : (
        <Absent error={query.error} onAgain={() => void query.refetch()} onClose={close} />
      )}
    </Sheet>
  )
}

/** Keys that a field, a player or a slider needs are theirs. */
const walks = ({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  !(ctrlKey || metaKey || altKey || (target as Element).closest('input, textarea, select, video'))

function Absent({ error, onAgain, onClose }: { error: Error | null; onAgain: () => void; onClose: () => void }) {
  const words = useDetailWords()
  const isMissing = isEstampeError(error) && error.code === 'not_found'
  if (!error) return <SheetTitle className="unseen">…</SheetTitle>
  const title = isMissing ? words.missing : said(error)
  return (
    <div className={style.absent}>
      <SheetTitle className="unseen">{title}</SheetTitle>
      <Empty title={title} within>
        {isMissing && <p role="alert">{words.missingWhy}</p>}
        <Button tone="primary" onClick={isMissing ? onClose : onAgain}>
          {isMissing ? words.close : words.again}
        </Button>
      </Empty>
    </div>
  )
}

interface ShownProps {
  job: Snapshot
  output: number
  onRemove: () => void
  children: React.ReactNode
}

function Shown({ job, output, onRemove, children }: ShownProps) {
  const words = useDetailWords()
  const renew = useRenewal()
  const position = Math.min(output, Math.max(1, job.outputs.length)) - 1
  const file = job.outputs[position]
  const prompt = promptOf(job)
  return (
    <article className={style.detail} data-job={job.job_id} onErrorCapture={renew}>
      <div className={style.stage}>
        <div className={style.room} key={file?.asset_id ?? job.job_id}>
          {file ? (
            <div className={style.fit} style={fitting(file)}>
              <Viewer kind={job.kind} file={file} alt={prompt} whole />
            </div>
          ) : (
            <div className={style.quiet}>
              <Quiet job={job} />
            </div>
          )}
        </div>
        <Strip job={job} position={position} />
        <div className={style.walk}>{children}</div>
      </div>
      <div className={style.side}>
        <SheetTitle className={style.prompt}>{prompt || words.untitled}</SheetTitle>
        {hasEnded(job) && <Trouble error={job.error && job.error.message} />}
        <Actions tile={{ key: '', job, file, position, of: job.outputs.length }} onRemove={onRemove} />
        <Facts job={job} file={file} />
      </div>
    </article>
  )
}

/** The stage fits the file into itself, and does not blow a small one up beyond half as much again. */
const fitting = ({ width, height }: { width: number; height: number }) =>
  ({ '--ratio': width / height, '--most': `${width * 1.5}px` }) as React.CSSProperties
