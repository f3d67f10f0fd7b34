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
}

const LEFT_BEHIND = 'estampe.bin'
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

async function erase(site: Site, id: string, keepalive = false): Promise<void> {
  try {
    await site.client.jobs.delete(id, { keepalive })
  } catch (error) {
    if (!(isEstampeError(error) && error.code === 'not_found')) throw error
  }
}

function leave(): void {
  for (const { site, ids } of pending) for (const id of ids) erase(site, id, true).catch(() => {})
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
      const batch: Batch = { site, ids: jobs.map(({ job_id }) => job_id) }
      take(batch)
      tell({
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
    },
    [site, queries, tell, words],
  )
}

/** Sends what waits when the page leaves, and what could not be sent when it last did. */
export function useEmptiedBin(): void {
  const site = useEstampe()
  const queries = useQueryClient()
  useEffect(() => {
    addEventListener('pagehide', leave)
    return () => removeEventListener('pagehide', leave)
  }, [])
  useEffect(() => {
    const ids = pending.size ? [] : leftBehind()
    if (!ids.length) return
    const batch: Batch = { site, ids }
    take(batch)
    void settle(batch, queries).catch(() => {})
  }, [site, queries])
}
