/** Light, dark, or as the system says. */

import { useCallback, useState } from 'react'
import { kept } from './kept'

export type Appearance = 'system' | 'light' | 'dark'

const STORED = kept('theme')

function stored(): Appearance {
  const said = STORED.read()
  return said === 'light' || said === 'dark' ? said : 'system'
}

function show(appearance: Appearance): void {
  const root = document.documentElement
  if (appearance === 'system') delete root.dataset.theme
  else root.dataset.theme = appearance
}

/** Before the first paint, so that nothing flashes. */
export const showStoredAppearance = (): void => show(stored())

export function useAppearance(): [Appearance, (appearance: Appearance) => void] {
  const [appearance, setAppearance] = useState(stored)
  const choose = useCallback((chosen: Appearance) => {
    STORED.write(chosen)
    show(chosen)
    setAppearance(chosen)
  }, [])
  return [appearance, choose]
}
