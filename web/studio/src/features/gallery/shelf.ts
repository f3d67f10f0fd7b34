/** The jobs that the gallery shows: what was scrolled to so far, and above it what is new since. */

import type { JobPage, ListJobsQuery, Snapshot } from '@estampe/client'
import { useEstampe, type Site } from '@estampe/react'
import {
  infiniteQueryOptions,
  keepPreviousData,
  useInfiniteQuery,
  useQueryClient,
  type InfiniteData,
} from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { keyOf, useMay } from '../../server/queries'
import { queryOf, type Filters } from './address'

const PAGE = 100
const KEPT_MS = 15 * 60_000 // well below what the files' links last
const OTHERS_AGAIN_MS = 15_000 // of oneself the stream tells, of others nothing does

type Pages = InfiniteData<JobPage, string>

/** Once asked never asked again: a page far down would make all those above it be read with it. */
const wallQuery = (site: Site, query: ListJobsQuery) =>
  infiniteQueryOptions({
    queryKey: keyOf(site, 'jobs', 'wall', query),
    queryFn: ({ signal, pageParam }) =>
      site.client.jobs.list({ ...query, limit: PAGE, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData<Pages>,
    staleTime: 'static',
    gcTime: KEPT_MS,
    retry: false,
  })

/** The first page again, whenever something new is heard of. */
const newestQuery = (site: Site, query: ListJobsQuery) =>
  infiniteQueryOptions({
    queryKey: keyOf(site, 'jobs', 'newest', query),
    queryFn: ({ signal }) => site.client.jobs.list({ ...query, limit: PAGE }, { signal }),
    initialPageParam: '',
    getNextPageParam: () => null,
    staleTime: Infinity,
    gcTime: KEPT_MS,
    retry: false,
  })

export interface Shelf {
  /** In order; each array stays the same for as long as nothing in it changes. */
  chunks: Snapshot[][]
  isLoading: boolean
  /** What is shown answers an earlier question. */
  isOld: boolean
  error: Error | null
  hasMore: boolean
  more: () => void
  again: () => void
}

export function useShelf(filters: Filters): Shelf {
  const site = useEstampe()
  const queries = useQueryClient()
  const seesOthers = useMay('jobs:manage')
  const query = useMemo(() => queryOf(filters), [filters])
  const wall = useInfiniteQuery(wallQuery(site, query))
  const { queryKey } = wallQuery(site, query)
  const newest = useInfiniteQuery({
    ...newestQuery(site, query),
    enabled: wall.isSuccess && !wall.isPlaceholderData,
    initialData: () => firstOf(queries.getQueryData<Pages>(queryKey)),
    refetchInterval: seesOthers && !filters.mine ? OTHERS_AGAIN_MS : false,
  })
  const top = wall.isPlaceholderData ? undefined : newest.data?.pages[0]
  const joined = useMemo(() => join(wall.data?.pages ?? [], top), [wall.data, top])
  useEffect(() => {
    if (joined.torn && top) queries.setQueryData<Pages>(queryKey, { pages: [top], pageParams: [''] })
  }, [joined.torn, top])
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, refetch } = wall
  return {
    chunks: joined.chunks,
    isLoading: wall.isPending,
    isOld: wall.isPlaceholderData,
    error: wall.error,
    hasMore: hasNextPage && !joined.isAll,
    more: () => void (isFetchingNextPage || isFetchNextPageError || wall.isPlaceholderData || fetchNextPage()),
    again: () => void (isFetchNextPageError ? fetchNextPage() : refetch()),
  }
}

const firstOf = (data: Pages | undefined): Pages | undefined =>
  data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) }

interface Joined {
  chunks: Snapshot[][]
  /** More came than a page holds: what was scrolled to no longer follows it. */
  torn: boolean
  /** The newest page is all there is. */
  isAll: boolean
}

/** The newest page, then what the wall holds below its last job that both know. */
export function join(pages: JobPage[], newest: JobPage | undefined): Joined {
  const wall = pages.map((page) => page.jobs)
  if (!newest || newest === pages[0]) return { chunks: wall, torn: false, isAll: false }
  if (newest.next_cursor === null) return { chunks: [newest.jobs], torn: false, isAll: true }
  const known = new Set(newest.jobs.map(({ job_id }) => job_id))
  const last = wall.findLastIndex((jobs) => jobs.some(({ job_id }) => known.has(job_id)))
  if (last < 0) return { chunks: [newest.jobs], torn: true, isAll: false }
  const jobs = wall[last]!
  const rest = jobs.slice(jobs.findLastIndex(({ job_id }) => known.has(job_id)) + 1)
  return { chunks: [newest.jobs, rest, ...wall.slice(last + 1)], torn: false, isAll: false }
}
