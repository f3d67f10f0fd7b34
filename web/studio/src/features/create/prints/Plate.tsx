/** The place that a print was promised, and what is in it: nothing yet, a first look, the print. */

import { hasEnded, type OutputFile, type Snapshot } from '@estampe/client'
import { Link } from 'wouter'
import { Viewer } from '../../../media'
import { usePreview } from '../../../server/live'
import { IconButton } from '../../../ui/Button'
import { Brush, Clip, Download } from '../../../ui/icons'
import { DRAGGED } from '../start/Drop'
import { useWords } from '../words'
import style from './prints.module.css'

export interface PlateProps {
  job: Snapshot | null
  prompt: string
  width: number
  height: number
  count: number
  /** Undefined where nothing can start from it. */
  onStart: ((file: OutputFile) => void) | undefined
  onAnimate: ((file: OutputFile) => void) | undefined
}

export function Plate({ job, prompt, width, height, count, onStart, onAnimate }: PlateProps) {
  const files = job?.outputs ?? []
  const places = Array.from({ length: Math.max(count, files.length) }, (_, place) => files[place])
  const over = job !== null && hasEnded(job) && job.status !== 'succeeded'
  return (
    <ul className={style.plates} data-several={places.length > 1} data-over={over}>
      {places.map((file, place) => (
        <li
          key={file?.asset_id ?? place}
          className={style.plate}
          style={{ aspectRatio: file ? `${file.width} / ${file.height}` : `${width} / ${height}` }}
        >
          {file && job ? (
            <Made job={job} file={file} prompt={prompt} onStart={onStart} onAnimate={onAnimate} />
          ) : (
            !over && <Coming id={job?.job_id} isNext={place === files.length} />
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
        <a className={style.tool} href={file.url} download aria-label={words.download} title={words.download}>
          <Download />
        </a>
      </span>
    </>
  )
}
