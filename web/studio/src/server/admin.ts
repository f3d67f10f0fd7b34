/** What administrators and operators ask for: one options object a query. */

import type { AuthEventsQuery } from '@estampe/client'
import { usageQuery, type Site } from '@estampe/react'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { keyOf } from './queries'

const KEYS_A_PAGE = 50
const USAGE_MS = 60_000
const OPERATOR_MS = 5_000
const KEYS_MS = 15_000
const SIGN_INS_MS = 15_000

/** As `usageQuery`, with what was shown before in its place until it is there; what others make is told to nobody. */
export const reportQuery = (...asked: Parameters<typeof usageQuery>) => ({
  ...usageQuery(...asked),
  placeholderData: keepPreviousData,
  refetchInterval: USAGE_MS,
})

/** Newest first, page by page; asked again from time to time, since a key's last use is told here. */
export const keysQuery = (site: Site) =>
  infiniteQueryOptions({
    queryKey: keyOf(site, 'keys'),
    queryFn: ({ signal, pageParam }) =>
      site.client.keys.list({ limit: KEYS_A_PAGE, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap((page) => page.keys),
    refetchInterval: KEYS_MS,
    retry: false,
  })

/** Asked again from time to time: refusals are what an administrator waits for. */
export const authEventsQuery = (site: Site, asked: AuthEventsQuery) =>
  queryOptions({
    queryKey: keyOf(site, 'auth-events', asked),
    queryFn: ({ signal }) => site.client.authEvents(asked, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: SIGN_INS_MS,
    retry: false,
  })

/** Asked again every few seconds while somebody looks. */
export const overviewQuery = (site: Site) =>
  queryOptions({
    queryKey: keyOf(site, 'operator'),
    queryFn: ({ signal }) => site.client.overview({ signal }),
    refetchInterval: OPERATOR_MS,
    retry: false,
  })
