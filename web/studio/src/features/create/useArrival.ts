/** What the address brings: a job's settings, a picture to start from, words. Taken once, and out of the address. */

import { Refused, type Snapshot } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useEffect, useRef } from 'react'
import { useLocation, useSearch } from 'wouter'

export interface Arrivals {
  /** False while nothing can be filled in. */
  ready: boolean
  onJob: (job: Snapshot, how: { seed: boolean }) => void
  onStart: (asset: string) => void
  onPrompt: (prompt: string) => void
  onError: (error: unknown, isGone: boolean) => void
}

const NOT_FOUND = 404

export function useArrival(arrivals: Arrivals): void {
  const { client } = useEstampe()
  const search = useSearch()
  const [here, navigate] = useLocation()
  const latest = useRef(arrivals)
  useEffect(() => {
    latest.current = arrivals
  })
  const { ready } = arrivals
  useEffect(() => {
    const said = new URLSearchParams(search)
    const [from, start, prompt] = ['from', 'start', 'prompt'].map((name) => said.get(name))
    if (!ready || !(from || start || prompt)) return
    navigate(here, { replace: true })
    if (prompt) latest.current.onPrompt(prompt)
    if (start) latest.current.onStart(start)
    if (!from) return
    client.jobs.get(from).then(
      (job) => latest.current.onJob(job, { seed: said.get('seed') !== 'new' }),
      (error: unknown) => latest.current.onError(error, error instanceof Refused && error.status === NOT_FOUND),
    )
  }, [search, here, ready, client, navigate])
}
