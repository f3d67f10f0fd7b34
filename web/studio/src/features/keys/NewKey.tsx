/** A new key, shown this once, with a line that tries it. */

import type { ShownKey } from '@estampe/client'
import { SERVER } from '../../server/place'
import { Button } from '../../ui/Button'
import { Copied } from '../../ui/Copied'
import { Dialog } from '../../ui/Dialog'
import { curl } from './standing'
import { useWords } from './words'
import style from './keys.module.css'

export function NewKey({ made, onClose }: { made: ShownKey | null; onClose: () => void }) {
  const words = useWords()
  return (
    <Dialog open={made !== null} onClose={onClose} title={words.shownOnce}>
      {made && (
        <div className={style.form}>
          <p>{words.copyNow}</p>
          <Copied label={words.theKey} text={made.key} />
          <Copied label={words.tryIt} text={curl(SERVER, made.key, made.scopes, words.prompt)} long />
          <div className={style.ends}>
            <Button tone="primary" onClick={onClose}>
              {words.done}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  )
}
