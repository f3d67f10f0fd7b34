/** One's jobs, and one of them, as they stand. */

'use client'

import type { ListJobsQuery } from '@estampe/client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEstampe } from './provider.js'
import { jobQuery, jobsQuery } from './queries.js'

/** The job, live until it ends; nothing is asked while `id` is not known. */
export function useJob(id: string | null | undefined) {
  const here = useEstampe()
  return useQuery({ ...jobQuery(here, id ?? ''), enabled: !!id && !!here.isSignedIn })
}

/** Newest first: `data` holds what the pages asked for so far hold; `fetchNextPage` asks for more. */
export function useJobs(filter?: Omit<ListJobsQuery, 'cursor'>) {
  const here = useEstampe()
  return useInfiniteQuery({ ...jobsQuery(here, filter), enabled: !!here.isSignedIn })
}
