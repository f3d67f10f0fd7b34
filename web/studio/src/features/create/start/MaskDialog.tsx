/** A brush over the start picture: what is painted may change, the rest stays. */

import { useEstampe } from '@estampe/react'
import { useEffect, useRef, useState } from 'react'
import { Button } from '../../../ui/Button'
import { Dialog } from '../../../ui/Dialog'
import { Trouble } from '../../../ui/Trouble'
import type { Mask, Start } from '../draft'
import { Choices } from '../form/Choices'
import { useWords } from '../words'
import { isEmpty, VEIL, veiled, written, type Gesture, type Tool } from './mask'
import { MaskCanvas } from './MaskCanvas'
import style from './mask.module.css'

interface MaskDialogProps {
  start: Start
  onClose: () => void
  onMask: (mask: Mask) => void
}

/** A mask need not be finer. */
const LONGEST_SIDE = 1024

export default function MaskDialog({ start, onClose, onMask }: MaskDialogProps) {
  const words = useWords()
  const { client } = useEstampe()
  const [gestures, setGestures] = useState<Gesture[]>([])
  const [tool, setTool] = useState<Tool>('paint')
  const [size, setSize] = useState(0.12)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const scale = Math.min(1, LONGEST_SIDE / Math.max(start.width, start.height))
  const [width, height] = [Math.round(start.width * scale), Math.round(start.height * scale)]
  const sending = useRef<AbortController | null>(null)
  useEffect(() => () => sending.current?.abort(), []) // who closes it wants no mask
  const add = (gesture: Gesture) => setGestures((made) => [...made, gesture])

  async function use() {
    if (isEmpty(gestures)) return setError(new Error(words.emptyMask))
    const { signal } = (sending.current = new AbortController())
    setBusy(true)
    setError(null)
    try {
      const { asset_id } = await client.uploads.create(await written(gestures, width, height), { signal })
      const veil = await veiled(gestures, width, height, VEIL)
      if (!signal.aborted) onMask({ asset_id, url: URL.createObjectURL(veil) })
    } catch (refused) {
      if (signal.aborted) return
      setError(refused)
      setBusy(false)
    }
  }

  return (
    <Dialog open onClose={onClose} title={words.mask} quiet wide>
      <div className={style.sheet}>
        <div className={style.tools}>
          <h2 aria-hidden="true">{words.mask}</h2>
          <p>{words.maskHow}</p>
          <Choices
            aria-label={words.tool}
            choices={(['paint', 'erase'] as const).map((value) => ({ value, label: words[value] }))}
            value={tool}
            onChoose={setTool}
          />
          <label className={style.size}>
            {words.brush}
            <input
              type="range"
              min={0.02}
              max={0.4}
              step={0.01}
              value={size}
              onChange={(event) => setSize(event.target.valueAsNumber)}
            />
          </label>
          <div className={style.row}>
            <Button small onClick={() => setGestures(gestures.slice(0, -1))} disabled={!gestures.length}>
              {words.undo}
            </Button>
            <Button small onClick={() => add({ type: 'clear' })} disabled={isEmpty(gestures)}>
              {words.clearMask}
            </Button>
            <Button small onClick={() => add({ type: 'whole' })}>
              {words.whole}
            </Button>
            <Button small onClick={() => add({ type: 'invert' })}>
              {words.invert}
            </Button>
          </div>
          <Trouble error={error} />
          <Button tone="primary" onClick={() => void use()} disabled={busy}>
            {busy ? words.uploading : words.useMask}
          </Button>
        </div>
        <MaskCanvas
          picture={start.url}
          width={width}
          height={height}
          gestures={gestures}
          tool={tool}
          size={size}
          onGesture={add}
        />
      </div>
    </Dialog>
  )
}
