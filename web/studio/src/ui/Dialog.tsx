/** A sheet over the page: focus stays in it, Escape and the cross close it, and focus goes back where it was. */

import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { IconButton } from './Button'
import { Close } from './icons'
import { inBoth } from './language'
import style from './Dialog.module.css'

export interface DialogProps {
  open: boolean
  /** Asked to be closed. */
  onClose: () => void
  title: ReactNode
  /** The title is for screen readers only. */
  quiet?: boolean
  wide?: boolean
  children: ReactNode
}

const useWords = inBoth({ close: 'Close' }, { close: 'Fermer' })

export function Dialog({ open, onClose, title, quiet, wide, children }: DialogProps) {
  const { close } = useWords()
  return (
    <Base.Root open={open} onOpenChange={(next) => next || onClose()}>
      <Base.Portal>
        <Base.Backdrop className={style.backdrop} />
        <Base.Popup className={`${style.popup} ${wide ? style.wide : ''}`}>
          <Base.Title className={quiet ? 'unseen' : style.title}>{title}</Base.Title>
          {children}
          <IconButton label={close} sign={Close} className={style.close!} onClick={onClose} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
