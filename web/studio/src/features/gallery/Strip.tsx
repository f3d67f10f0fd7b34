/** All that a job made, when that is several. */

import type { Snapshot } from '@estampe/client'
import { useAddress } from './address'
import { useDetailWords } from './detailWords'
import { useWords } from './words'
import style from './Strip.module.css'

export function Strip({ job, position }: { job: Snapshot; position: number }) {
  const words = useDetailWords()
  const { part } = useWords()
  const { open } = useAddress()
  if (job.outputs.length < 2) return null
  return (
    <ul className={style.strip} aria-label={words.outputs}>
      {job.outputs.map((file, at) => (
        <li key={file.asset_id}>
          <button
            type="button"
            className={style.choice}
            aria-current={at === position || undefined}
            aria-label={part(at + 1, job.outputs.length)}
            onClick={() => open(job.job_id, at + 1, true)}
          >
            <img src={file.thumbnail_url} alt="" width={56} height={56} />
          </button>
        </li>
      ))}
    </ul>
  )
}
