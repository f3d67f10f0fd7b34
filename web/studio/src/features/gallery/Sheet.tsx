/** A large sheet over the gallery. */

import { Dialog } from '@base-ui/react/dialog'
import type { KeyboardEvent, ReactNode } from 'react'
import { IconButton } from '../../ui/Button'
import { Close } from '../../ui/icons'
import { useDetailWords } from './detailWords'
import style from './Sheet.module.css'

export interface SheetProps {
  onClose: () => void
  /** Its name; the sheet shows it where it likes, as a `SheetTitle`. */
  children: ReactNode
  onKeyDown?: (event: KeyboardEvent) => void
}

export function Sheet({ onClose, children, onKeyDown }: SheetProps) {
  const words = useDetailWords()
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={style.backdrop} />
        <Dialog.Popup className={style.sheet} finalFocus={current} onKeyDown={onKeyDown}>
          {children}
          <IconButton label={words.close} sign={Close} tone="plain" className={style.close!} onClick={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** The plate that was looked at last. */
const current = () => document.querySelector<HTMLElement>('[data-current] a') ?? true

export const SheetTitle = Dialog.Title
