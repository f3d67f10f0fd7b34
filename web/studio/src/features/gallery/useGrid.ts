/** How many plates stand side by side, how high a row is, and where the wall begins: all known before anything is drawn. */

import { useLayoutEffect, useState, type RefObject } from 'react'

const LEAST_PX = { narrow: 148, wide: 216 }
const NARROW_PX = 640
const GAP_PX = { narrow: 12, wide: 20 }
const LEGEND_PX = 44

export interface Grid {
  columns: number
  /** Of a row, with the gap below it. */
  rowPx: number
  gapPx: number
  /** From the top of the document. */
  topPx: number
}

export function gridOf(widthPx: number, topPx: number): Grid {
  const size = widthPx < NARROW_PX ? 'narrow' : 'wide'
  const gapPx = GAP_PX[size]
  const columns = Math.max(2, Math.floor((widthPx + gapPx) / (LEAST_PX[size] + gapPx)))
  const plate = (widthPx - gapPx * (columns - 1)) / columns
  return { columns, rowPx: Math.round(plate + LEGEND_PX + gapPx), gapPx, topPx }
}

/** null until the element has been measured. */
export function useGrid(place: RefObject<HTMLElement | null>): Grid | null {
  const [grid, setGrid] = useState<Grid | null>(null)
  useLayoutEffect(() => {
    const element = place.current
    if (!element) return undefined
    const measure = () => {
      const { width, top } = element.getBoundingClientRect()
      const next = gridOf(width, Math.round(top + scrollY))
      setGrid((known) => (known && same(known, next) ? known : next))
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(element)
    watch.observe(document.body)
    return () => watch.disconnect()
  }, [place])
  return grid
}

const same = (one: Grid, other: Grid): boolean =>
  one.columns === other.columns && one.rowPx === other.rowPx && one.topPx === other.topPx && one.gapPx === other.gapPx
