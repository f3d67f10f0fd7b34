/** What the gallery's address says: which things are asked for, and which of them are looked at. */

import type { ListJobsQuery } from '@estampe/client'
import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'

export interface Filters {
  /** Words of the prompt. */
  q: string
  kind: string
  model: string
  person: string
  /** Days, both included, as the person's own calendar has them: 2026-11-25. */
  from: string
  to: string
  mine: boolean
}

export const NO_FILTERS: Filters = { q: '', kind: '', model: '', person: '', from: '', to: '', mine: false }

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** What is not a day, or is none of any calendar, is as if it were not there. */
const day = (text: string | null): string =>
  text && DAY.test(text) && !Number.isNaN(Date.parse(`${text}T00:00`)) ? text : ''

export function filtersOf(search: string): Filters {
  const said = new URLSearchParams(search)
  const word = (name: string) => said.get(name)?.trim() ?? ''
  return {
    q: word('q'),
    kind: word('kind'),
    model: word('model'),
    person: word('person'),
    from: day(said.get('from')),
    to: day(said.get('to')),
    mine: said.get('mine') === '1',
  }
}

/** As in an address, "" for none: only what is set, so that equal filters are equal addresses. */
export function searchOf(filters: Filters, more: Record<string, string> = {}): string {
  const { mine, ...words } = filters
  const set = Object.entries({ ...words, mine: mine ? '1' : '', ...more }).filter(([, value]) => value)
  return set.length ? `?${new URLSearchParams(set)}` : ''
}

export const isFiltered = (filters: Filters): boolean => searchOf(filters) !== ''

function midnight(text: string, daysLater = 0): Date {
  const date = new Date(`${text}T00:00`)
  date.setDate(date.getDate() + daysLater)
  return date
}

/** As the API is asked. */
export function queryOf({ q, kind, model, person, from, to, mine }: Filters): ListJobsQuery {
  return {
    ...(q && { q }),
    ...(kind && { kind }),
    ...(model && { model }),
    ...(person && { user_id: person }),
    ...(from && { created_after: new Date(midnight(from).getTime() - 1).toISOString() }),
    ...(to && { created_before: midnight(to, 1).toISOString() }),
    ...(mine && { mine }),
  }
}

export interface Address {
  filters: Filters
  /** The file of the job that is looked at, from 1. */
  output: number
  /** Two tiles that are looked at side by side. */
  compared: [string, string] | null
  /** Each of these goes to another address; `replace` leaves no step in the history. */
  filter: (change: Partial<Filters>, replace?: boolean) => void
  open: (id: string, output?: number, replace?: boolean) => void
  compare: (first: string, second: string) => void
  close: () => void
  /** Where a tile leads. */
  to: (id: string, output?: number) => string
}

export function useAddress(): Address {
  const search = useSearch()
  const [, navigate] = useLocation()
  const filters = useMemo(() => filtersOf(search), [search])
  const to = useCallback(
    (id: string, output = 1) => `/gallery/${id}${searchOf(filters, { output: output > 1 ? `${output}` : '' })}`,
    [filters],
  )
  return useMemo(() => {
    const said = new URLSearchParams(search)
    const [first, second] = said.get('compare')?.split(',') ?? []
    return {
      filters,
      output: Math.max(1, Math.trunc(Number(said.get('output'))) || 1),
      compared: first && second ? [first, second] : null,
      filter: (change, replace = false) => navigate(`/gallery${searchOf({ ...filters, ...change })}`, { replace }),
      open: (id, output, replace = false) => navigate(to(id, output), { replace }),
      compare: (one, other) => navigate(`/gallery${searchOf(filters, { compare: `${one},${other}` })}`),
      close: () => navigate(`/gallery${searchOf(filters)}`),
      to,
    }
  }, [search, filters, navigate, to])
}
