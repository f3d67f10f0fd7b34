/** What outlives a page that is left for another: values by name, for as long as the tab is open. */

import { useCallback, useSyncExternalStore } from 'react'

export interface Store<T> {
  read: () => T
  write: (change: (now: T) => T) => void
  subscribe: (listener: () => void) => () => void
}

export function store<T>(first: T): Store<T> {
  let now = first
  const listeners = new Set<() => void>()
  return {
    read: () => now,
    write(change) {
      now = change(now)
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A part of it, or what makes one of how it stands now. */
export type Change<T> = Partial<T> | ((now: T) => Partial<T>)

export function useStored<T>({ read, write, subscribe }: Store<T>): [T, (change: Change<T>) => void] {
  const value = useSyncExternalStore(subscribe, read)
  const change = useCallback(
    (wanted: Change<T>) => write((now) => ({ ...now, ...(typeof wanted === 'function' ? wanted(now) : wanted) })),
    [write],
  )
  return [value, change]
}
