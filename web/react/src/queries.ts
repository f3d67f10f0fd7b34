/** One options object a query: for the hooks, and for whoever prefetches or invalidates. */

import { hasEnded, type Estampe, type ListJobsQuery, type Snapshot, type UsageQuery } from '@estampe/client'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

/** A server as one person sees it: `scope` keeps what is cached from everybody else. */
export interface Site {
  client: Estampe
  scope: string
}

const LINKS_LAST_MS = 30 * 60_000 // half of what the server's links do by default
const LIST_AGAIN_MS = 3_000

// The client has its own tries, so a query makes none.
const ours = ({ client, scope }: Site, ...names: unknown[]) => ({
  queryKey: ['estampe', client.baseUrl, scope, ...names],
  retry: false,
})

const restful = (jobs: Snapshot[] = []): boolean => jobs.every(hasEnded)

/** The job from now to its end: the query is under way for as long as the job is. */
export const jobQuery = (site: Site, id: string) =>
  queryOptions({
    ...ours(site, 'job', id),
    queryFn: ({ signal, client, queryKey }) =>
      site.client.jobs.wait(id, { signal, onProgress: (job) => client.setQueryData(queryKey, job) }),
    staleTime: ({ state }) => (state.data && hasEnded(state.data) ? LINKS_LAST_MS : 0),
  })

/** Newest first, asked again while one of them is under way. */
export const jobsQuery = (site: Site, filter: Omit<ListJobsQuery, 'cursor'> = {}) =>
  infiniteQueryOptions({
    ...ours(site, 'jobs', filter),
    queryFn: ({ signal, pageParam: cursor }) =>
      site.client.jobs.list(cursor ? { ...filter, cursor } : filter, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap((page) => page.jobs),
    refetchInterval: ({ state }) => !restful(state.data?.pages.flatMap((page) => page.jobs)) && LIST_AGAIN_MS,
  })

/** What was used; `mine: false` is the organisation's, for those who may see it. */
export const usageQuery = (site: Site, query: UsageQuery = {}) =>
  queryOptions({
    ...ours(site, 'usage', query),
    queryFn: ({ signal }) => site.client.usage.report({ mine: true, ...query }, { signal }),
  })

/** What the live workers can make. */
export const modelsQuery = (site: Site) =>
  queryOptions({
    ...ours(site, 'models'),
    queryFn: ({ signal }) => site.client.models.list({ signal }),
    staleTime: 60_000,
  })
