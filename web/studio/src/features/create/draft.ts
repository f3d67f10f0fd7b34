/** What a person is about to ask for: remembered for each kind while the page lives, and only for that person. */

import type { Model, Snapshot, StoredFile } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { fieldsOf, type Scalar, type Values } from './form/schema'
import { store, useStored, type Store } from './store'

/** A picture to start from, and how it is seen. */
export interface Start {
  asset_id: string
  url: string
  width: number
  height: number
}

export interface Mask {
  asset_id: string
  /** Seen over the start: a blob: or a signed URL. */
  url: string
}

export interface Draft {
  prompt: string
  /** null: the kind's default. */
  model: string | null
  /** What differs from the model's defaults; what another model does not take is kept for the way back. */
  values: Values
  start: Start | null
  mask: Mask | null
}

export type Body = { prompt: string; model: string } & Record<string, Scalar>

export const EMPTY: Draft = { prompt: '', model: null, values: {}, start: null, mask: null }
export const START = 'input_asset_id'
export const MASK = 'mask_asset_id'
/** It says how much of the start gives way: without one it means nothing. */
export const STRENGTH = 'strength'

const DRAFTS = new Map<string, Store<Draft>>()

export function useDraft(kind: string) {
  const { scope } = useEstampe()
  const name = `${kind} ${scope}`
  const found = DRAFTS.get(name) ?? store(EMPTY)
  DRAFTS.set(name, found)
  return useStored(found)
}

export const takes = (model: Model | undefined, name: string): boolean => !!model && fieldsOf(model).has(name)

export const chosen = (models: Model[], name: string | null): Model | undefined =>
  models.find((model) => model.name === name) ?? models.find((model) => model.default) ?? models[0]

/** `undefined` is the model's default. */
export function withValue(values: Values, name: string, value: Scalar | undefined): Values {
  const { [name]: _before, ...others } = values
  return value === undefined ? others : { ...others, [name]: value }
}

/** What is sent: what the person chose and the model takes. */
export function bodyOf(draft: Draft, model: Model): Body {
  const fields = fieldsOf(model)
  const body: Body = { prompt: draft.prompt.trim(), model: model.name }
  const start = draft.start && fields.has(START) ? draft.start : null
  for (const [name, value] of Object.entries(draft.values))
    if (fields.has(name) && (name !== STRENGTH || start)) body[name] = value
  if (start) body[START] = start.asset_id
  if (start && draft.mask && fields.has(MASK)) body[MASK] = draft.mask.asset_id
  return body
}

const ELSEWHERE = new Set(['prompt', START, MASK])

/** A job's own settings; without its seed, the next one is drawn. */
export function draftOf(job: Snapshot, model: Model | undefined, { seed }: { seed: boolean }): Draft {
  const values: Values = {}
  for (const [name, field] of model ? fieldsOf(model) : []) {
    const value = job.parameters[name]
    const settable = !ELSEWHERE.has(name) && (seed || name !== 'seed')
    if (settable && isScalar(value) && value !== field.default) values[name] = value
  }
  return { ...EMPTY, prompt: String(job.parameters.prompt ?? ''), model: model?.name ?? null, values }
}

/** The same once more, with a seed that the server draws. */
export function bodyAgain(job: Snapshot): Body {
  const body: Body = { prompt: '', model: job.model }
  for (const [name, value] of Object.entries(job.parameters)) if (isScalar(value) && name !== 'seed') body[name] = value
  return body
}

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)

export const startOf = ({ asset_id, url, width, height }: StoredFile): Start => ({ asset_id, url, width, height })
