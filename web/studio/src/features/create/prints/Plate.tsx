/** The place that a print was promised, and what is in it: nothing yet, a first look, the print. */

import { hasEnded, type OutputFile, type Snapshot } from '@estampe/client'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Viewer } from '../../../media'
import { attached } from '../../../media/attached'
import { usePreview } from '../../../server/live'
import { IconButton } from '../../../ui/Button'
import { Brush, Clip, Download } from '../../../ui/icons'
import { DRAGGED } from '../start/Drop'
import { useWords } from '../words'
import { hung } from './hung'
import style from './prints.module.css'

export interface PlateProps {
  job: Snapshot | null
  prompt: string
  width: number
  height: number
  count: number
  /** In place of what is not to come: why. */
  said: ReactNode
  /** Undefined where nothing can start from it. */
  onStart: ((file: OutputFile) => void) | undefined
  onAnimate: ((file: OutputFile) => void) | undefined
}

/** What several leave between them, shared out. */
const GAP_REM = 0.25

export function Plate({ job, prompt, width, height, count, said, onStart, onAnimate }: PlateProps) {
  const files = job?.outputs ?? []
  const over = job !== null && hasEnded(job)
  if (over && !files.length) return <div className={style.over}>{said}</div>
  const places = Array.from({ length: over ? files.length : Math.max(count, files.length) }, (_, place) => files[place])
  const { columns, width: share } = hung(places.length, width, height)
  return (
    <ul
      className={style.mat}
      style={{ gridTemplateColumns: `repeat(${columns}, calc(${share * 100}% - ${columns > 1 ? GAP_REM : 0}rem))` }}
    >
      {places.map((file, place) => (
        <li
          key={file?.asset_id ?? place}
          className={style.plate}
          style={{ aspectRatio: file ? `${file.width} / ${file.height}` : `${width} / ${height}` }}
        >
          {file && job ? (
            <Made job={job} file={file} prompt={prompt} onStart={onStart} onAnimate={onAnimate} />
          ) : (
            <Coming id={job?.job_id} isNext={place === files.length} />
          )}
        </li>
      ))}
    </ul>
  )
}

/** The first look is of what is being drawn now. */
function Coming({ id, isNext }: { id: string | undefined; isNext: boolean }) {
  const preview = usePreview(id ?? '')
  return preview && isNext ? <img className={style.look} src={preview} alt="" /> : <span className={style.wait} />
}

type MadeProps = Pick<PlateProps, 'prompt' | 'onStart' | 'onAnimate'> & { job: Snapshot; file: OutputFile }

function Made({ job, file, prompt, onStart, onAnimate }: MadeProps) {
  const words = useWords()
  const isPicture = file.media_type.startsWith('image/')
  return (
    <>
      <Link
        to={`/gallery/${job.job_id}`}
        className={style.made}
        aria-label={words.open(prompt)}
        onDragStart={(event) => event.dataTransfer.setData(DRAGGED, file.asset_id)}
      >
        <Viewer kind={job.kind} file={file} alt={prompt} />
      </Link>
      <span className={style.tools}>
        {onStart && isPicture && (
          <IconButton small tone="plain" label={words.startFrom} sign={Brush} onClick={() => onStart(file)} />
        )}
        {onAnimate && isPicture && (
          <IconButton small tone="plain" label={words.animate} sign={Clip} onClick={() => onAnimate(file)} />
        )}
        <a className={style.tool} href={attached(file.url)} download aria-label={words.download} title={words.download}>
          <Download />
        </a>
      </span>
    </>
  )
}
