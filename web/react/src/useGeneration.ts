/** Make an image or a video, and see it come. */

'use client'

import type { GenerateImage, GenerateVideo, Snapshot } from '@estampe/client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { requireSignedIn, type Kind } from './auth.js'
import { Generation, type GenerationState, type Maker, type Work } from './generation.js'
import { useEstampe, type EstampeContext } from './provider.js'
import { jobQuery } from './queries.js'

export interface GenerationControls {
  /** Ends the job. */
  cancel: () => Promise<void>
  /** Forgets the job, which goes on. */
  reset: () => void
  /** Waits for a job that there is already. */
  resume: (jobId: string) => Promise<Snapshot>
}

export interface ImageGeneration extends GenerationState, GenerationControls {
  generateImage: (parameters: GenerateImage) => Promise<Snapshot>
}

export interface VideoGeneration extends GenerationState, GenerationControls {
  generateVideo: (parameters: GenerateVideo) => Promise<Snapshot>
}

export function useImageGeneration(): ImageGeneration {
  const { generate, ...rest } = useGeneration('image', ({ client }) => client.images as Maker<GenerateImage>)
  return { generateImage: generate, ...rest }
}

export function useVideoGeneration(): VideoGeneration {
  const { generate, ...rest } = useGeneration('video', ({ client }) => client.videos as Maker<GenerateVideo>)
  return { generateVideo: generate, ...rest }
}

function useGeneration<P extends object>(kind: Kind, makerOf: (here: EstampeContext) => Maker<P>) {
  const [generation] = useState(() => new Generation<P>())
  const state = useSyncExternalStore(generation.subscribe, generation.read, generation.read)
  const work = useWork(kind, makerOf)
  const { scope, isSignedIn } = useEstampe()
  const person = `${scope} ${isSignedIn}`
  useEffect(() => generation.attach(person), [generation, person])
  const generate = useCallback((parameters: P) => generation.start(parameters, work), [generation, work])
  const resume = useCallback((jobId: string) => generation.resume(jobId, work), [generation, work])
  const controls = useMemo(() => ({ cancel: () => generation.cancel(), reset: () => generation.reset() }), [generation])
  return { ...state, ...controls, generate, resume }
}

/** With each of its changes, the job is what `useJob` shows of it, and the lists are asked again. */
function useWork<P extends object>(kind: Kind, makerOf: (here: EstampeContext) => Maker<P>): Work<P> {
  const here = useEstampe()
  const queries = useQueryClient()
  return useMemo(() => {
    let status = ''
    const maker = () => {
      requireSignedIn(here, kind, here.language)
      return makerOf(here)
    }
    const onJob = (job: Snapshot) => {
      const { queryKey } = jobQuery(here, job.job_id)
      queries.setQueryData(queryKey, job)
      if (status === (status = job.status)) return
      for (const list of ['jobs', 'usage'])
        void queries.invalidateQueries({ queryKey: [...queryKey.slice(0, 3), list] })
    }
    return { maker, onJob }
    // `makerOf` only reads a name of the client: it is the same at each render.
  }, [here, queries, kind])
}
