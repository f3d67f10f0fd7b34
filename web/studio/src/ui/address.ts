/** What a page is set to, kept in its address, so that it can be sent to somebody and gone back to. */

import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** What the address says, and a way to change some of it; null takes a name out. */
export function useAddress(): [URLSearchParams, (change: Record<string, string | null>) => void] {
  const [said, setSaid] = useSearchParams()
  const change = useCallback(
    (wanted: Record<string, string | null>) =>
      setSaid(
        (before) => {
          const after = new URLSearchParams(before)
          for (const [name, value] of Object.entries(wanted)) {
            if (value === null) after.delete(name)
            else after.set(name, value)
          }
          return after
        },
        { replace: true },
      ),
    [setSaid],
  )
  return [said, change]
}

/** What `said` is, if it is one of these; else the first of them. */
export const oneOf = <T extends string>(said: string | null, known: readonly [T, ...T[]]): T =>
  known.find((one) => one === said) ?? known[0]
