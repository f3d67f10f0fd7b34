/** One plate at a time can be reached by Tab; the arrows go from there, and other keys act on it. */

import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import type { Selection } from './selection'
import type { Tile } from './tiles'

export interface Roving {
  place: RefObject<HTMLDivElement | null>
  at: number
  /** How often a key has moved it. */
  moves: number
  goTo: (key: string) => void
  onKeyDown: (event: KeyboardEvent) => void
}

export interface RovingOptions {
  tiles: Tile[]
  columns: number
  /** The tile that is open over the wall, whoever went to it. */
  looked: string | undefined
  selection: Selection
  onRemove: (tiles: Tile[]) => void
}

export function useRoving({ tiles, columns, looked, selection, onRemove }: RovingOptions): Roving {
  const place = useRef<HTMLDivElement>(null)
  const [{ key, fallback, moves }, setState] = useState({ key: '', fallback: 0, moves: 0 })
  const at = useMemo(() => {
    const found = tiles.findIndex((tile) => tile.key === key)
    return found >= 0 ? found : Math.max(0, Math.min(fallback, tiles.length - 1))
  }, [tiles, key, fallback])
  const goTo = useCallback((next: string) => setState((state) => ({ ...state, key: next })), [])
  useEffect(() => {
    if (looked) goTo(looked)
  }, [looked, goTo])
  const move = (to: number) => {
    const next = Math.max(0, Math.min(to, tiles.length - 1))
    setState({ key: tiles[next]?.key ?? '', fallback: next, moves: moves + 1 })
    return tiles[next]
  }

  function remove(): void {
    const chosen = tiles.filter((tile) => selection.keys.has(tile.key))
    const current = tiles[at]
    const going = current && selection.keys.has(current.key) ? chosen : current ? [current] : []
    const ids = new Set(going.map(({ job }) => job.job_id))
    const before = tiles.slice(0, at).filter(({ job }) => !ids.has(job.job_id)).length
    setState({ key: '', fallback: before, moves: moves + 1 })
    onRemove(going)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const current = tiles[at]
    if (!current || event.altKey || event.metaKey) return
    const to = target(event, at, columns, tiles.length)
    if (to !== undefined) {
      event.preventDefault()
      if (event.shiftKey && !selection.keys.has(current.key)) selection.toggle(current.key)
      const next = move(to)
      if (event.shiftKey && next) selection.reach(next.key)
    } else if (event.key === ' ' || event.key.toLowerCase() === 'x') {
      event.preventDefault()
      ;(event.shiftKey ? selection.reach : selection.toggle)(current.key)
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault()
      remove()
    } else if (event.key === 'Escape') selection.clear()
  }
  return { place, at, moves, goTo, onKeyDown }
}

/** Where a key leads from `at`; undefined for a key that leads nowhere. */
export function target(
  { key, ctrlKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey'>,
  at: number,
  columns: number,
  count: number,
): number | undefined {
  const start = at - (at % columns)
  const leads: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at < columns ? at : at - columns,
    ArrowDown: at + columns < count || start + columns < count ? at + columns : at,
    Home: ctrlKey ? 0 : start,
    End: ctrlKey ? count - 1 : start + columns - 1,
  }
  return leads[key]
}
