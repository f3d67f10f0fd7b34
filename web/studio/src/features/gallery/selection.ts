/** Which tiles are chosen, one by one or in a stretch. */

import { useCallback, useState } from 'react'
import { between, type Tile } from './tiles'

export interface Selection {
  keys: ReadonlySet<string>
  toggle: (key: string) => void
  /** All from the last one chosen to this one. */
  reach: (key: string) => void
  /** Chooses nothing any more, or drops some. */
  clear: (some?: string[]) => void
}

export function useSelection(tiles: Tile[]): Selection {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set())
  const [last, setLast] = useState<string>()
  const toggle = useCallback((key: string) => {
    setKeys((held) => (held.has(key) ? without(held, [key]) : new Set([...held, key])))
    setLast(key)
  }, [])
  const reach = useCallback(
    (key: string) => {
      setKeys((held) => new Set([...held, ...between(tiles, last ?? key, key)]))
      setLast(key)
    },
    [tiles, last],
  )
  const clear = useCallback((some?: string[]) => {
    setKeys((held) => (some ? without(held, some) : new Set()))
  }, [])
  return { keys, toggle, reach, clear }
}

const without = (held: ReadonlySet<string>, some: string[]): ReadonlySet<string> =>
  new Set([...held].filter((key) => !some.includes(key)))
