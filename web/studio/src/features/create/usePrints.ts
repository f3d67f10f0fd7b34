/** One's newest prints of a kind and those being asked for, as one list; and how to ask for another. */

import type { Estampe, JobPage, Snapshot } from '@estampe/client'
import { jobsQuery, useEstampe, useJobs } from '@estampe/react'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { put } from '../../server/live'
import { keyOf } from '../../server/queries'
import { Asks, type Ask, type Maker } from './asks'
import type { Body } from './draft'

/** `job` is null from the click until the server has it. */
export type Print = { key: string } & ({ ask: Ask; job: null } | { ask: null; job: Snapshot })

const SHOWN = 24
const MAKERS: Record<string, (client: Estampe) => unknown> = {
  image: ({ images }) => images,
  video: ({ videos }) => videos,
}
const ASKS = new Map<string, Asks>()

function useAsks(kind: string): Asks {
  const { scope } = useEstampe()
  const name = `${kind} ${scope}`
  const found = ASKS.get(name) ?? new Asks()
  ASKS.set(name, found)
  return found
}

export function usePrints(kind: string) {
  const site = useEstampe()
  const queries = useQueryClient()
  const asks = useAsks(kind)
  const open = useSyncExternalStore(asks.subscribe, asks.read)
  const filter = useMemo(() => ({ kind, mine: true, limit: SHOWN }), [kind])
  const { data: jobs, error } = useJobs(filter)

  const listed = useCallback(
    async (job: Snapshot | null) => {
      const { queryKey } = jobsQuery(site, filter)
      // What is on its way was asked before this job was there.
      await queries.cancelQueries({ queryKey })
      // Before there is a list its card has no other place: the ask keeps it meanwhile.
      if (!queries.getQueryData(queryKey)) await queries.fetchInfiniteQuery(jobsQuery(site, filter)).catch(() => {})
      if (job) {
        queries.setQueryData(queryKey, (lists) => lists && { ...lists, pages: withFirst(lists.pages, job) })
        put(site, queries, job)
      }
      void queries.invalidateQueries({ queryKey: keyOf(site, 'jobs') })
      void queries.invalidateQueries({ queryKey: keyOf(site, 'me') })
    },
    [site, queries, filter],
  )
  const make = useCallback(
    (body: Body) => {
      const before = jobs && new Set(jobs.map(({ job_id }) => job_id))
      return asks.make(body, MAKERS[kind]!(site.client) as Maker, listed, before)
    },
    [asks, site, kind, listed, jobs],
  )
  const cancel = useCallback(
    async ({ key, job }: Print) => {
      const canceled = await (job ? site.client.jobs.cancel(job.job_id) : asks.cancel(key))
      if (canceled) put(site, queries, canceled)
    },
    [asks, site, queries],
  )
  const prints = useMemo<Print[]>(
    () => [
      ...open.map((ask) => ({ key: ask.key, ask, job: null })),
      ...(jobs ?? [])
        .filter((job) => !asks.isAwaited(job))
        .map((job) => ({ key: asks.keyOf(job.job_id), ask: null, job })),
    ],
    [open, jobs, asks],
  )
  return { prints: dedupe(prints), isKnown: !!jobs, error, make, cancel, isFull: (jobs?.length ?? 0) >= SHOWN }
}

function withFirst(pages: JobPage[], job: Snapshot): JobPage[] {
  const [first, ...rest] = pages
  const held = pages.some(({ jobs }) => jobs.some(({ job_id }) => job_id === job.job_id))
  return first && !held ? [{ ...first, jobs: [job, ...first.jobs] }, ...rest] : pages
}

/** For a moment a job may be in the list while its ask is still open: one card. */
function dedupe(prints: Print[]): Print[] {
  const listed = new Set(prints.filter(({ job }) => job).map(({ key }) => key))
  return prints.filter(({ job, key }) => job || !listed.has(key))
}
