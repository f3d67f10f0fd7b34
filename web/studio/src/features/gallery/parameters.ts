/** The parameters of a job as they are read: in words, in the order of a form, and where two jobs differ. */

import type { Model, Snapshot } from '@estampe/client'
import { useFormat } from '../../ui/format'
import { useDetailWords, useParameterName } from './detailWords'

interface Field {
  title?: unknown
}

/** Told elsewhere: the prompt above, the size with the file, the seed with its button. */
const APART = ['prompt', 'width', 'height', 'seed']

export const fieldsOf = (model: Model | undefined): Record<string, Field> =>
  (model?.parameters.properties as Record<string, Field> | undefined) ?? {}

export const takes = (model: Model, parameter: string): boolean => parameter in fieldsOf(model)

/** As people think of them; a schema's own order is not kept on its way here. What is not named comes after, by name. */
const ORDER = [
  'negative_prompt',
  'input_asset_id',
  'strength',
  'mask_asset_id',
  'aspect_ratio',
  'num_outputs',
  'num_inference_steps',
  'guidance_scale',
  'num_frames',
  'fps',
  'duration_s',
]
const LAST = ['output_format', 'embed_metadata']

const isSaid = (value: unknown): boolean => value !== null && value !== undefined && value !== ''

export function namesOf({ parameters }: Snapshot): string[] {
  const names = Object.keys(parameters).filter((name) => !APART.includes(name) && isSaid(parameters[name]))
  const known = [...ORDER, ...LAST]
  const others = names.filter((name) => !known.includes(name)).sort()
  return [...ORDER, ...others, ...LAST].filter((name) => names.includes(name))
}

/** The names of what was asked differently; the model counts as one. */
export function differences(one: Snapshot, other: Snapshot): string[] {
  const settings = [one, other].map(({ parameters, model }): Record<string, unknown> => ({ ...parameters, model }))
  const [first, second] = settings as [Record<string, unknown>, Record<string, unknown>]
  const names = new Set([...Object.keys(first), ...Object.keys(second)])
  return [...names].filter((name) => JSON.stringify(first[name] ?? '') !== JSON.stringify(second[name] ?? ''))
}

/** A value as the language writes it. */
export function useValue(): (name: string, value: unknown) => string {
  const format = useFormat()
  const words = useDetailWords()
  return (name, value) => {
    if (!isSaid(value)) return '–'
    if (typeof value === 'boolean') return value ? words.yes : words.no
    if (typeof value === 'number') return name === 'seed' ? String(value) : format.number(value)
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
}

export { useParameterName }
