/** What was deleted and can still be taken back: gone from sight at once, from the server once nobody said no. */

import { isEstampeError, type Snapshot } from '@estampe/client'
import { useEstampe, type Site } from '@estampe/react'
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { drop } from '../../server/live'
import { useTell } from '../../ui/toast'
import { said } from '../../ui/Trouble'
import { useWords } from './words'

interface Batch {
  site: Site
  ids: string[]
  /** Ends the time to think better of it. */
  end: () => void
}

const LEFT_BEHIND = 'estampe.bin'
const LONGEST_MS = 60_000 // what tells of it stays while it is looked at, or another window is
const AHEAD_MS = 10_000 // less than what a token is renewed ahead of its end
const pending = new Set<Batch>()
const listeners = new Set<() => void>()
let vanished: ReadonlySet<string> = new Set()

function change(next: Iterable<string>): void {
  vanished = new Set(next)
  for (const tell of listeners) tell()
}

const listen = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The ids of the jobs that are not to be seen. */
export const useVanished = (): ReadonlySet<string> => useSyncExternalStore(listen, () => vanished)

function take(batch: Batch): void {
  pending.add(batch)
  remember()
  change([...vanished, ...batch.ids])
}

function release({ ids }: Batch): void {
  change([...vanished].filter((id) => !ids.includes(id)))
}

/** For this tab alone, should the page leave at a moment when nothing can be sent. */
function remember(): void {
  const ids = [...pending].flatMap((batch) => batch.ids)
  try {
    if (ids.length) sessionStorage.setItem(LEFT_BEHIND, JSON.stringify(ids))
    else sessionStorage.removeItem(LEFT_BEHIND)
  } catch {
    // Storage is denied: what cannot be sent then is not deleted, and is seen again.
  }
}

function leftBehind(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(LEFT_BEHIND) ?? '[]') as string[]
  } catch {
    return []
  }
}

async function erase(site: Site, id: string): Promise<void> {
  try {
    await site.client.jobs.delete(id, { keepalive: true })
  } catch (error) {
    if (!(isEstampeError(error) && error.code === 'not_found')) throw error
  }
}

function empty(): void {
  for (const { end } of pending) end()
}

// On whatever page the person is by then. What is hidden may be closed, or thrown away, with no other word.
if (typeof document !== 'undefined') {
  addEventListener('pagehide', empty)
  document.addEventListener('visibilitychange', () => document.hidden && empty())
}

/** As the page leaves there is no time to ask for a token: one is at hand for as long as something waits. */
async function keepReady(batch: Batch): Promise<void> {
  while (pending.has(batch)) {
    await batch.site.client.me().catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, AHEAD_MS))
  }
}

/** Deletes for good; what the server would not delete is seen again. */
async function settle(batch: Batch, queries: QueryClient): Promise<void> {
  const { site, ids } = batch
  const done = await Promise.allSettled(ids.map((id) => erase(site, id)))
  pending.delete(batch)
  remember()
  ids.forEach((id, at) => done[at]!.status === 'fulfilled' && drop(site, queries, id))
  release(batch)
  void queries.invalidateQueries({ queryKey: ['estampe', site.client.baseUrl, site.scope, 'usage'] })
  const failed = done.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
}

/** Deletes jobs, with some seconds to think better of it. */
export function useBin(): (jobs: Snapshot[], files: number) => void {
  const site = useEstampe()
  const queries = useQueryClient()
  const tell = useTell()
  const words = useWords()
  return useCallback(
    (jobs: Snapshot[], files: number) => {
      const batch: Batch = { site, ids: jobs.map(({ job_id }) => job_id), end: () => {} }
      take(batch)
      batch.end = tell({
        title: words.deleted(files),
        action: {
          label: words.undo,
          onPress() {
            pending.delete(batch)
            remember()
            release(batch)
          },
        },
        onGone: () =>
          void settle(batch, queries).catch((error: unknown) =>
            tell({ title: words.notDeleted, detail: said(error), tone: 'trouble' }),
          ),
      })
      setTimeout(batch.end, LONGEST_MS)
      void keepReady(batch)
    },
    [site, queries, tell, words],
  )
}

/** Sends what could not be sent when the page last left. */
export function useEmptiedBin(): void {
  const site = useEstampe()
  const queries = useQueryClient()
  useEffect(() => {
    const ids = pending.size ? [] : leftBehind()
    if (!ids.length) return
    const batch: Batch = { site, ids, end: () => {} }
    take(batch)
    void settle(batch, queries).catch(() => {})
  }, [site, queries])
}
