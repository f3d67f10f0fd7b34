/** All that the page knows and does: the draft, what it starts from, what is made of it, what went wrong. */

import type { Model, Snapshot } from '@estampe/client'
import { useMemo, useRef, useState } from 'react'
import { useMay } from '../../server/queries'
import { useTell } from '../../ui/toast'
import { bodyAgain, bodyOf, chosen, draftOf, MASK, START, takes, useDraft, type Body, type Draft } from './draft'
import { faultsOf } from './faults'
import { fieldsOf } from './form/schema'
import { useStart } from './start/useStart'
import { useArrival } from './useArrival'
import { useMakers } from './useMakers'
import { usePrints } from './usePrints'
import { useWords } from './words'

/** A file, or the id of a picture that is kept. */
export type Source = File | string

interface Failure {
  error: unknown
  prompt: string
}

export function useCreating(kind: string) {
  const makers = useMakers(kind)
  const { models } = makers
  const [draft, change] = useDraft(kind)
  const model = models && chosen(models, draft.model)
  const may = useMay(`${kind}s:generate`)
  const field = useRef<HTMLTextAreaElement>(null)
  const starting = useStart(change, model)
  const [unusable, setUnusable] = useState<Source | null>(null)
  const { failure, setFailure, ask, ...prints } = useAsking(kind, (prompt) =>
    change((now) => (now.prompt.trim() ? {} : { prompt })),
  )
  const faults = useMemo(() => {
    const fields = model && fieldsOf(model)
    return faultsOf(failure?.error, (name) => name === 'prompt' || !!fields?.has(name))
  }, [failure, model])

  const bring = (source: Source) => {
    setUnusable(null)
    void (typeof source === 'string' ? starting.fromAsset(source) : starting.fromFile(source))
  }
  const begin = (source: Source) => (takes(model, START) ? bring(source) : setUnusable(source))
  const make = () => {
    if (!draft.prompt.trim()) return field.current?.focus()
    if (model && may) void ask(bodyOf(draft, model))
  }
  const fill = useFill(models, change, starting.fromAsset)
  const use = (job: Snapshot, how = { seed: true }) => {
    setFailure(null)
    fill(job, how)
    scrollTo({ top: 0 })
    field.current?.focus({ preventScroll: true })
  }
  const words = useWords()
  useArrival({
    ready: !!models,
    onJob: use,
    onStart: begin,
    onPrompt: (prompt) => change({ prompt }),
    onError: (error, isGone) => setFailure({ error: isGone ? new Error(words.jobGone) : error, prompt: '' }),
  })
  return {
    ...{ makers, model, may, draft, field, starting, faults, failure, prints },
    /** What was wrong may be so no more. */
    change(wanted: Partial<Draft>) {
      if (failure && wanted.values) setFailure(null)
      change(wanted)
    },
    ...{ make, use, begin, bring, unusable },
    /** Its examples, and another of what there is already. */
    makeWords: (prompt: string) => {
      if (!model) return
      if (!draft.prompt.trim()) change({ prompt })
      void ask(bodyOf({ ...draft, prompt }, model))
    },
    again: (job: Snapshot) => void ask(bodyAgain(job)),
    forgetUnusable: () => setUnusable(null),
  }
}

/** `giveBack` has the words of what was refused. */
function useAsking(kind: string, giveBack: (prompt: string) => void) {
  const prints = usePrints(kind)
  const [failure, setFailure] = useState<Failure | null>(null)
  const ask = async (body: Body) => {
    setFailure(null)
    try {
      await prints.make(body)
    } catch (error) {
      setFailure({ error, prompt: body.prompt })
      giveBack(body.prompt)
    }
  }
  return { ...prints, failure, setFailure, ask }
}

type Drafting = ReturnType<typeof useDraft>

/** A job's settings, put in the form; its pictures are asked for, and come a little later. */
function useFill(
  models: Model[] | undefined,
  change: Drafting[1],
  fromAsset: (id: string, mask?: string) => Promise<void>,
) {
  const words = useWords()
  const tell = useTell()
  return (job: Snapshot, how: { seed: boolean }) => {
    const found = models?.find(({ name }) => name === job.model)
    if (!found) tell({ title: words.noLonger(job.model) })
    const model = found ?? (models && chosen(models, null))
    change(draftOf(job, model, how))
    const [start, mask] = [START, MASK].map((name) => job.parameters[name])
    if (typeof start === 'string' && takes(model, START))
      void fromAsset(start, typeof mask === 'string' ? mask : undefined)
  }
}
