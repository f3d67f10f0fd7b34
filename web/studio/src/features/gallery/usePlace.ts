/** Where one was in a long gallery, for whoever comes back to it with the browser's own button. */

import { useEffect, useLayoutEffect } from 'react'
import { useSearch } from 'wouter'

const places = new Map<string, number>()
let cameBack = false
addEventListener('popstate', () => (cameBack = true))
// wouter tells of its own steps by events of these names.
for (const step of ['pushState', 'replaceState']) addEventListener(step, () => (cameBack = false))

export function usePlace(isReady: boolean): void {
  const search = useSearch()
  useEffect(() => {
    const keep = () => places.set(search, scrollY)
    addEventListener('scroll', keep, { passive: true })
    return () => removeEventListener('scroll', keep)
  }, [search])
  useLayoutEffect(() => {
    const top = cameBack ? places.get(search) : undefined
    cameBack = false
    if (!isReady || !top) return undefined
    // After the frame, which begins each page at its top.
    const frame = requestAnimationFrame(() => scrollTo(0, top))
    return () => cancelAnimationFrame(frame)
  }, [isReady])
}
