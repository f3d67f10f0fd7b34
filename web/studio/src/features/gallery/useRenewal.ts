/** A file's link ends after a while: what cannot be shown any more is asked for again, under a new one. */

import { useEstampe } from '@estampe/react'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, type SyntheticEvent } from 'react'
import { put } from '../../server/live'

const AGAIN_MS = 60_000
const asked = new Map<string, number>()

/** For what stands around the files; each file is inside an element that says of which job it is. */
export function useRenewal(): (event: SyntheticEvent) => void {
  const site = useEstampe()
  const queries = useQueryClient()
  return useCallback(
    ({ target }: SyntheticEvent) => {
      const id = (target as Element).closest<HTMLElement>('[data-job]')?.dataset.job
      const now = Date.now()
      if (!id || now - (asked.get(id) ?? -AGAIN_MS) < AGAIN_MS) return
      asked.set(id, now)
      site.client.jobs.get(id).then(
        (job) => put(site, queries, job),
        () => {}, // It is no more, or the server is away: the frame says which.
      )
    },
    [site, queries],
  )
}
