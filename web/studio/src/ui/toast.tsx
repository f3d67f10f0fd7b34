/** What was done, told in a corner for a while, with a way to take it back. */

import { Toast } from '@base-ui/react/toast'
import { useCallback, type ReactNode } from 'react'
import { IconButton } from './Button'
import { Close } from './icons'
import { inBoth } from './language'
import style from './toast.module.css'

export interface Told {
  title: string
  detail?: string
  tone?: 'plain' | 'trouble'
  /** How long it stays: six seconds by default. */
  ms?: number
  action?: { label: string; onPress: () => void }
  /** It went away, by itself or by the cross: not by its action. */
  onGone?: () => void
}

const useWords = inBoth({ close: 'Close', news: 'Messages' }, { close: 'Fermer', news: 'Messages' })
const LASTS_MS = 6_000

export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider timeout={LASTS_MS} limit={3}>
      {children}
      <Toast.Portal>
        <Corner />
      </Toast.Portal>
    </Toast.Provider>
  )
}

function Corner() {
  const { toasts } = Toast.useToastManager()
  const words = useWords()
  return (
    <Toast.Viewport className={style.corner} aria-label={words.news}>
      {toasts.map((one) => (
        <Toast.Root key={one.id} toast={one} className={style.toast} data-tone={one.type}>
          <div>
            <Toast.Title className={style.title} />
            <Toast.Description className={style.detail} />
          </div>
          {one.actionProps && <Toast.Action className={style.action} />}
          <Toast.Close render={<IconButton label={words.close} sign={Close} small />} />
        </Toast.Root>
      ))}
    </Toast.Viewport>
  )
}

/** What it returns makes it go away. */
export function useTell(): (told: Told) => () => void {
  const { add, close } = Toast.useToastManager()
  return useCallback(
    ({ title, detail, tone = 'plain', ms, action, onGone }: Told) => {
      let taken = false
      const id: string = add({
        title,
        type: tone,
        priority: tone === 'trouble' ? 'high' : 'low',
        ...(detail === undefined ? {} : { description: detail }),
        ...(ms === undefined ? {} : { timeout: ms }),
        ...(action && {
          actionProps: {
            children: action.label,
            onClick() {
              taken = true
              action.onPress()
              close(id)
            },
          },
        }),
        onClose: () => taken || onGone?.(),
      })
      return () => close(id)
    },
    [add, close],
  )
}
