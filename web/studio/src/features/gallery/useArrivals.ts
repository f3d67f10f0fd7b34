/** What is new appears at once to who is at the top; to who reads further down it is announced, so that nothing jumps. */

import { useCallback, useEffect, useRef, useState } from 'react'
import type { Filters } from './address'
import type { Tile } from './tiles'

const TOP_PX = 240

function useAtTop(): boolean {
  const [atTop, setAtTop] = useState(() => scrollY < TOP_PX)
  useEffect(() => {
    const look = () => setAtTop(scrollY < TOP_PX)
    addEventListener('scroll', look, { passive: true })
    return () => removeEventListener('scroll', look)
  }, [])
  return atTop
}

export interface Arrivals {
  tiles: Tile[]
  /** How many wait above. */
  fresh: number
  /** Goes up to them. */
  show: () => void
}

export function useArrivals(laid: Tile[], filters: Filters): Arrivals {
  const atTop = useAtTop()
  const held = useRef<{ first: string | undefined; filters: Filters }>({ first: undefined, filters })
  if (atTop || held.current.filters !== filters || held.current.first === undefined) {
    held.current = { first: laid[0]?.job.job_id, filters }
  }
  const show = useCallback(() => scrollTo({ top: 0 }), [])
  const fresh = Math.max(
    0,
    laid.findIndex(({ job }) => job.job_id === held.current.first),
  )
  return { tiles: useRest(laid, fresh), fresh, show }
}

function useRest(laid: Tile[], fresh: number): Tile[] {
  const kept = useRef({ laid, fresh, rest: laid })
  if (kept.current.laid !== laid || kept.current.fresh !== fresh) {
    kept.current = { laid, fresh, rest: fresh ? laid.slice(fresh) : laid }
  }
  return kept.current.rest
}
