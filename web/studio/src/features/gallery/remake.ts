/** Makes what was made once more. */

import { type Accepted, type Estampe, type Snapshot } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { put } from '../../server/live'
import { useTell } from '../../ui/toast'
import { said } from '../../ui/Trouble'
import { useAddress } from './address'
import { useWords } from './words'

type Make = (parameters: Record<string, unknown>) => Promise<Accepted>

/** undefined for a kind that this client cannot ask for. */
function makerOf(client: Estampe, kind: string): Make | undefined {
  const makers: Record<string, { create: (parameters: never) => Promise<Accepted> }> = {
    image: client.images,
    video: client.videos,
  }
  const maker = makers[kind]
  return maker && ((parameters) => maker.create(parameters as never))
}

export interface Remake {
  isBusy: boolean
  /** The same, but for the seed. */
  vary: (job: Snapshot) => void
  /** The same. */
  repeat: (job: Snapshot) => void
}

export function useRemake(): Remake {
  const site = useEstampe()
  const queries = useQueryClient()
  const tell = useTell()
  const words = useWords()
  const address = useAddress()
  const [isBusy, setBusy] = useState(false)
  async function make(ask: () => Promise<Accepted> | undefined): Promise<void> {
    setBusy(true)
    try {
      const accepted = await ask()
      if (!accepted) return
      put(site, queries, await site.client.jobs.get(accepted.job_id))
      tell({
        title: words.begun,
        action: { label: words.see, onPress: () => address.open(accepted.job_id, 1) },
      })
    } catch (error) {
      tell({ title: words.notBegun, detail: said(error), tone: 'trouble' })
    } finally {
      setBusy(false)
    }
  }
  return {
    isBusy,
    vary({ kind, model, parameters: { seed: _, ...rest } }) {
      void make(() => makerOf(site.client, kind)?.({ ...rest, model }))
    },
    repeat: ({ job_id }) => void make(() => site.client.jobs.retry(job_id)),
  }
}
