/** One picture over another of the same proportions, drawn aside like a curtain. */

import type { OutputFile, Snapshot } from '@estampe/client'
import { useState, type CSSProperties } from 'react'
import { Viewer } from '../../media'
import { useFormat } from '../../ui/format'
import { useDetailWords } from './detailWords'
import { promptOf } from './tiles'
import style from './Wipe.module.css'

interface One {
  job: Snapshot
  file: OutputFile
}

export function Wipe({ first, second }: { first: One; second: One }) {
  const words = useDetailWords()
  const format = useFormat()
  const [seen, setSeen] = useState(50)
  const { width, height } = first.file
  return (
    <div className={style.room}>
      <div className={style.both} style={{ '--ratio': width / height, '--seen': `${seen}%` } as CSSProperties}>
        <div data-job={second.job.job_id}>
          <Viewer kind={second.job.kind} file={second.file} alt={`${words.second} : ${promptOf(second.job)}`} whole />
        </div>
        <div data-job={first.job.job_id} className={style.over}>
          <Viewer kind={first.job.kind} file={first.file} alt={`${words.first} : ${promptOf(first.job)}`} whole />
        </div>
        <div className={style.line} />
        <input
          type="range"
          min={0}
          max={100}
          step={1}
          value={seen}
          className={style.slider}
          aria-label={words.slider}
          aria-valuetext={format.percent(seen / 100)}
          onChange={(event) => setSeen(Number(event.target.value))}
        />
      </div>
    </div>
  )
}
