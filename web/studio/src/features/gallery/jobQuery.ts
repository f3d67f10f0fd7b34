/** One job, for whoever looks at it: as the wall or the stream last told, asked for only where neither did. */

import { hasEnded, type Snapshot } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useQuery } from '@tanstack/react-query'
import { keyOf } from '../../server/queries'

const FRESH_MS = 15 * 60_000
const AGAIN_MS = 4_000

export function useOneJob(id: string, known?: Snapshot) {
  const site = useEstampe()
  return useQuery({
    queryKey: keyOf(site, 'job', id),
    queryFn: ({ signal }) => site.client.jobs.get(id, { signal }),
    initialData: known,
    staleTime: ({ state }) => (state.data && hasEnded(state.data) ? FRESH_MS : 0),
    // Of another person's job the stream says nothing.
    refetchInterval: ({ state }) => (state.data && !hasEnded(state.data) ? AGAIN_MS : false),
    retry: false,
  })
}
