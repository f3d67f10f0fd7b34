/** What the server knows, besides what @estampe/react asks for: one options object a query. */

import { Refused } from '@estampe/client'
import { useEstampe, type Site } from '@estampe/react'
import { queryOptions, useQuery } from '@tanstack/react-query'

const AGAIN_MS = 2_000
const PASSING = [408, 425, 429]

/** As @estampe/react names its own, so that one invalidation reaches all. */
export const keyOf = ({ client, scope }: Site, ...names: unknown[]) => ['estampe', client.baseUrl, scope, ...names]

/** Whether the server said no, and would say it again. */
export const isRefusal = (error: unknown): error is Refused =>
  error instanceof Refused &&
  error.code !== 'unexpected_answer' &&
  error.status < 500 &&
  !PASSING.includes(error.status)

export const meQuery = (site: Site) =>
  queryOptions({
    queryKey: keyOf(site, 'me'),
    queryFn: ({ signal }) => site.client.me({ signal }),
    retry: false,
    refetchInterval: ({ state }) => (state.status === 'error' && !isRefusal(state.error) ? AGAIN_MS : false),
    refetchOnWindowFocus: ({ state }) => !isRefusal(state.error),
    staleTime: 30_000,
  })

/** The person as the server sees them; `data` is there on every page, since none is shown before. */
export const useMe = () => useQuery(meQuery(useEstampe()))

/** Whether the person holds `permission`; false while that is not known. */
export function useMay(permission: string): boolean {
  return !!useMe().data?.permissions.includes(permission)
}

export const peopleQuery = (site: Site) =>
  queryOptions({
    queryKey: keyOf(site, 'people'),
    queryFn: ({ signal }) => site.client.people({ signal }),
    retry: false,
    staleTime: 60_000,
  })

/** Who made something in the organisation, for those who see what others made. */
export const usePeople = (asked: boolean) => useQuery({ ...peopleQuery(useEstampe()), enabled: asked })
