/** The few bytes that stand in a picture's place until it is there. */

import type { OutputFile } from '@estampe/client'
import { useCallback } from 'react'

/** Puts them behind the element; by script, since the page's policy lets no style attribute in. */
export function useDrawn<E extends HTMLElement>({ placeholder, width, height }: OutputFile) {
  return useCallback(
    (element: E | null) => {
      element?.style.setProperty('background-image', placeholder ? `url(${JSON.stringify(placeholder)})` : 'none')
      element?.style.setProperty('aspect-ratio', `${width} / ${height}`)
    },
    [placeholder, width, height],
  )
}
