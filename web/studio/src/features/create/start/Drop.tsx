/** A picture may be dropped anywhere on the page, or pasted; the page says so while one is held over it. */

import { useEffect, useState } from 'react'
import { Picture } from '../../../ui/icons'
import { useWords } from '../words'
import style from './start.module.css'

/** A print of this page that is dragged names itself by this. */
export const DRAGGED = 'application/x-estampe-asset'

interface DropProps {
  onFile: (file: File) => void
  onAsset: (id: string) => void
}

export function Drop({ onFile, onAsset }: DropProps) {
  const words = useWords()
  const [held, setHeld] = useState(false)
  useEffect(() => {
    const bears = ({ dataTransfer }: DragEvent) =>
      dataTransfer?.types.some((type) => type === 'Files' || type === DRAGGED)
    const over = (event: DragEvent) => {
      if (!bears(event)) return
      event.preventDefault()
      setHeld(true)
    }
    const leave = (event: DragEvent) => event.relatedTarget === null && setHeld(false)
    const end = () => setHeld(false)
    const drop = (event: DragEvent) => {
      setHeld(false)
      if (!bears(event)) return
      event.preventDefault()
      const asset = event.dataTransfer!.getData(DRAGGED)
      const [file] = event.dataTransfer!.files
      if (asset) onAsset(asset)
      else if (file) onFile(file)
    }
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const [file] = clipboardData?.files ?? []
      if (file) onFile(file)
    }
    const heard = { dragenter: over, dragover: over, dragleave: leave, dragend: end, drop, paste }
    const listeners = Object.entries(heard) as [keyof typeof heard, (event: Event) => void][]
    for (const [name, listener] of listeners) addEventListener(name, listener)
    return () => {
      for (const [name, listener] of listeners) removeEventListener(name, listener)
    }
  }, [onFile, onAsset])
  return (
    <div className={style.drop} hidden={!held}>
      <p>
        <Picture /> {words.dropHere}
      </p>
    </div>
  )
}
