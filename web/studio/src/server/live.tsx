/** One stream of all that happens to one's jobs, written into what every page reads. */

import { hasEnded, isEstampeError, type Moved, type News, type Preview, type Snapshot } from '@estampe/client'
import { useEstampe, type Site } from '@estampe/react'
import { useQuery, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react'
import { isRefusal, keyOf } from './queries'

interface Page {
  jobs: Snapshot[]
  next_cursor: string | null
}

const AGAIN_MS = 4_000
const MOST_CAUGHT_UP = 200
const AT_A_TIME = 3
const Heard = createContext(true)

/** False while the server does not answer: what is shown may be old. */
export const useHeard = (): boolean => useContext(Heard)

/** Keeps jobs live for what is inside. Browsers allow few connections a server, so a page nobody sees closes its own. */
export function Live({ children }: { children: ReactNode }) {
  const site = useEstampe()
  const queries = useQueryClient()
  const [heard, setHeard] = useState(true)
  const seen = useSeen()
  useEffect(() => {
    if (!site.isSignedIn || !seen) return undefined
    const stop = new AbortController()
    void follow(site, queries, setHeard, stop.signal)
    return () => stop.abort()
  }, [site, queries, seen])
  return <Heard.Provider value={heard}>{children}</Heard.Provider>
}

function useSeen(): boolean {
  const [seen, setSeen] = useState(!document.hidden)
  useEffect(() => {
    const look = () => setSeen(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return seen
}

async function follow(site: Site, queries: QueryClient, setHeard: (heard: boolean) => void, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      for await (const news of site.client.jobs.news({ signal })) {
        setHeard(news.type !== 'lost')
        heard(site, queries, news)
        if (news.type === 'snapshot') void catchUp(site, queries, news.jobs, signal)
      }
    } catch (error) {
      if (signal.aborted) return
      // The person is no longer let in: each request that follows says so itself.
      if (isRefusal(error)) return setHeard(true)
      setHeard(false)
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}

function heard(site: Site, queries: QueryClient, news: News): void {
  if (news.type === 'snapshot') {
    for (const job of news.jobs) put(site, queries, job)
    void queries.invalidateQueries({ queryKey: keyOf(site, 'jobs') })
  } else if (news.type === 'job') {
    put(site, queries, news.job)
    if (hasEnded(news.job))
      for (const name of ['usage', 'me']) void queries.invalidateQueries({ queryKey: keyOf(site, name) })
  } else if (news.type === 'progress') {
    move(site, queries, news.moved)
  } else if (news.type === 'preview') {
    queries.setQueryData(keyOf(site, 'preview', news.preview.job_id), news.preview)
  }
}

/** What ended while nothing was heard, and is too old for the snapshot: a list read once would never learn it. */
export async function catchUp(
  site: Site,
  queries: QueryClient,
  named: Snapshot[],
  signal?: AbortSignal,
): Promise<void> {
  const known = new Set(named.map(({ job_id }) => job_id))
  const lists = queries.getQueriesData<InfiniteData<Page>>({ queryKey: keyOf(site, 'jobs') })
  const held = lists.flatMap(([, list]) => list?.pages.flatMap((page) => page.jobs) ?? [])
  const open = held.filter((job) => !hasEnded(job) && !known.has(job.job_id)).map(({ job_id }) => job_id)
  const ids = [...new Set(open)].slice(0, MOST_CAUGHT_UP).values()
  const some = async () => {
    for (const id of ids) await lookAgain(site, queries, id, signal)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, some))
}

async function lookAgain(site: Site, queries: QueryClient, id: string, signal?: AbortSignal): Promise<void> {
  try {
    const job = await site.client.jobs.get(id, { signal })
    const now = queries.getQueryData<Snapshot>(keyOf(site, 'job', id))
    if (!now || !hasEnded(now)) put(site, queries, job)
  } catch (error) {
    if (isEstampeError(error, 'not_found')) drop(site, queries, id) // else it is looked at after the next loss
  }
}

/** Writes a job wherever it is shown; one that no list holds makes the lists ask again. */
export function put(site: Site, queries: QueryClient, job: Snapshot): void {
  queries.setQueryData(keyOf(site, 'job', job.job_id), job)
  if (!patch(site, queries, job.job_id, () => job)) void queries.invalidateQueries({ queryKey: keyOf(site, 'jobs') })
}

function move(site: Site, queries: QueryClient, moved: Moved): void {
  const change = (job: Snapshot): Snapshot => (hasEnded(job) ? job : { ...job, ...moved })
  queries.setQueryData<Snapshot>(keyOf(site, 'job', moved.job_id), (job) => job && change(job))
  patch(site, queries, moved.job_id, change)
}

/** Whether some list held it. */
function patch(site: Site, queries: QueryClient, id: string, change: (job: Snapshot) => Snapshot): boolean {
  let held = false
  queries.setQueriesData<InfiniteData<Page>>({ queryKey: keyOf(site, 'jobs') }, (lists) => {
    if (!lists?.pages.some((page) => page.jobs.some((job) => job.job_id === id))) return lists
    held = true
    return { ...lists, pages: lists.pages.map((page) => changed(page, id, (job) => [change(job)])) }
  })
  return held
}

/** A page that does not hold it stays the same object: a long list would be drawn anew otherwise. */
function changed(page: Page, id: string, change: (job: Snapshot) => Snapshot[]): Page {
  if (!page.jobs.some((job) => job.job_id === id)) return page
  return { ...page, jobs: page.jobs.flatMap((job) => (job.job_id === id ? change(job) : [job])) }
}

/** Takes a job that is no more out of whatever shows it. */
export function drop(site: Site, queries: QueryClient, id: string): void {
  queries.removeQueries({ queryKey: keyOf(site, 'job', id) })
  queries.setQueriesData<InfiniteData<Page>>(
    { queryKey: keyOf(site, 'jobs') },
    (lists) => lists && { ...lists, pages: lists.pages.map((page) => changed(page, id, () => [])) },
  )
}

/** A first look at what a job is making, as a data: URL. */
export function usePreview(id: string): string | undefined {
  const site = useEstampe()
  const { data } = useQuery<Preview>({
    queryKey: keyOf(site, 'preview', id),
    queryFn: () => Promise.reject(new Error('told, never asked for')),
    enabled: false,
    gcTime: 60_000,
  })
  return data && `data:${data.media_type};base64,${data.data}`
}
